// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Streams that broke on their way to a tree. Where the file system keeps what has come, so does the
// store: the header of the stream lies in .partial until the rest has come, another stream takes
// its place, or somebody abandons it. For the rest to be asked for, the sender needs a token.

#include "base/result.h"
#include "dataset/driver.h"
#include "dataset/store.h"

namespace gaol::dataset {

// These REQUIRE the lock.
// Before a stream is received: what there was of another goes, unless this is the rest of it.
Result<> begin_stream(Driver& driver, const Place& at, Stream stream);
// After that. Gives `received`, with what can be done now.
Result<> end_stream(Driver& driver, const Place& at, const Stream& stream, Result<> received);
// Takes away what nobody could go on with.
Result<> drop_useless_partials(const std::string& store);

}  // namespace gaol::dataset
