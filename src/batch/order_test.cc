// SPDX-License-Identifier: BSD-2-Clause
#include "batch/order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gaol::batch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class OrderTest : public testing::Test {
 protected:
  OrderTest() {
    for (int i = 0; i < 6; ++i) order_.add();
  }
  // Those that may run now; they are taken out.
  std::vector<JobId> ready() {
    std::vector<JobId> out;
    while (const auto next = order_.next()) {
      EXPECT_FALSE(next->because) << next->job;
      out.push_back(next->job);
    }
    return out;
  }
  Order order_;
};

TEST_F(OrderTest, FirstComesWhatWasAddedFirst) {
  order_.after(0, 3, Until::end);
  order_.after(3, 5, Until::end);
  EXPECT_THAT(ready(), ElementsAre(1, 2, 4, 5));
  order_.ended(5, true);
  EXPECT_THAT(ready(), ElementsAre(3));
  order_.ended(4, true);
  EXPECT_THAT(ready(), IsEmpty());
  order_.ended(3, true);
  EXPECT_THAT(ready(), ElementsAre(0));
  EXPECT_EQ(order_.left(), 3u);
}

TEST_F(OrderTest, HalfWayIsEnoughForSome) {
  order_.after(1, 0, Until::half_way);
  order_.after(2, 0, Until::end);
  order_.after(3, 0, Until::half_way);
  order_.after(3, 4, Until::end);
  EXPECT_THAT(ready(), ElementsAre(0, 4, 5));
  order_.half_way(0);
  order_.half_way(0);
  EXPECT_THAT(ready(), ElementsAre(1));
  order_.ended(4, true);
  EXPECT_THAT(ready(), ElementsAre(3));
  order_.ended(0, true);
  EXPECT_THAT(ready(), ElementsAre(2));
}

TEST_F(OrderTest, AnEndIsPastHalfWay) {
  order_.after(1, 0, Until::half_way);
  order_.next();
  order_.ended(0, true);
  EXPECT_THAT(ready(), ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(OrderTest, AFailureIsHandedOn) {
  for (JobId job = 1; job < 6; ++job) order_.after(job, 0, Until::end);
  order_.after(2, 1, Until::end);
  EXPECT_THAT(ready(), ElementsAre(0));
  order_.ended(0, false);
  for (JobId job = 1; job < 6; ++job) {
    const auto next = order_.next();
    ASSERT_TRUE(next && next->because);
    EXPECT_EQ(next->job, job);
    EXPECT_EQ(*next->because, 0u);
    order_.ended(job, false);
  }
  EXPECT_EQ(order_.left(), 0u);
}

TEST_F(OrderTest, WhoOnlyWaitedForHalfOfItIsNotTouchedByALaterFailure) {
  order_.after(1, 0, Until::half_way);
  order_.after(1, 2, Until::end);
  EXPECT_THAT(ready(), ElementsAre(0, 2, 3, 4, 5));
  order_.half_way(0);
  order_.ended(0, false);
  EXPECT_THAT(ready(), IsEmpty());
  order_.ended(2, true);
  EXPECT_THAT(ready(), ElementsAre(1));
}

TEST_F(OrderTest, OfALoopTheFirstIsTaken) {
  order_.after(4, 2, Until::end);
  order_.after(2, 3, Until::half_way);
  order_.after(3, 4, Until::end);
  order_.after(0, 4, Until::end);  // behind the loop, not in it
  order_.after(1, 1, Until::end);  // a loop of one
  EXPECT_THAT(ready(), ElementsAre(5));
  order_.ended(5, true);
  EXPECT_EQ(order_.take_from_loop(), 2u);
  order_.ended(2, false);
  for (const JobId job : {4U, 0U, 3U}) {
    EXPECT_EQ(order_.next().value().job, job);
    order_.ended(job, false);
  }
  EXPECT_FALSE(order_.next());
  EXPECT_EQ(order_.take_from_loop(), 1u);
  order_.ended(1, false);
  EXPECT_EQ(order_.left(), 0u);
}

}  // namespace
}  // namespace gaol::batch
