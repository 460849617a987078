// SPDX-License-Identifier: BSD-2-Clause

// What root of a jail tries on the network: to be somebody else there, to reach what is not for
// it, to hear what is not said to it. Like attack.cc it is static and prints a line an attack;
// but whether what it could send has arrived is for escape_test.cc to say, which listens on the
// host and in a neighbour: what is sent into nothing counts as `sent`.
//
//   network-attack          all of them
//   network-attack talk     says something honest to the host
//   network-attack listen   is a server on its own loopback, and notes in /tmp/heard who comes
//
// The host is 192.0.2.1 and 2001:db8::1, the jail has 7 in its place, its neighbour 8. The host's
// loopback has a service on port 7, the neighbour's one on port 8, and the host's ear is port 9.
//
// Sources: ip(7), ipv6(7), packet(7), netdevice(7), ioctl_ns(2).

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

#include "attempt.h"

namespace {

using gaol::test::Attempt;
using std::string;

constexpr uint16_t kHostService = 7, kNeighbourService = 8, kEar = 9;
constexpr const char* kOthers[] = {"192.0.2.1", "192.0.2.8", "198.51.100.1", "2001:db8::1",
                                   "2001:db8::8"};
constexpr const char* kEars[] = {"192.0.2.1", "2001:db8::1"};

struct Place {
  sockaddr_storage raw{};
  socklen_t size = 0;
  Place(const string& address, uint16_t port) {
    auto& in = reinterpret_cast<sockaddr_in&>(raw);
    auto& in6 = reinterpret_cast<sockaddr_in6&>(raw);
    if (address.find(':') == string::npos) {
      in.sin_family = AF_INET;
      in.sin_port = htons(port);
      ::inet_pton(AF_INET, address.c_str(), &in.sin_addr);
      size = sizeof in;
    } else {
      in6.sin6_family = AF_INET6;
      in6.sin6_port = htons(port);
      ::inet_pton(AF_INET6, address.c_str(), &in6.sin6_addr);
      size = sizeof in6;
    }
  }
  int family() const { return raw.ss_family; }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&raw); }
};

class Socket {
 public:
  Socket(int family, int type, int protocol = 0)
      : fd_(::socket(family, type | SOCK_CLOEXEC, protocol)) {
    if (fd_ < 0) return;
    // Nobody is waited for long, neither at connect(2) nor at recv(2).
    const timeval patience{0, 300'000};
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  int fd() const { return fd_; }
  int bind(const Place& to) const { return ::bind(fd_, to.get(), to.size); }
  int connect(const Place& to) const { return ::connect(fd_, to.get(), to.size); }
  long send(const Place& to) const { return ::sendto(fd_, "forged", 6, 0, to.get(), to.size); }
  int set(int level, int option) const {
    const int on = 1;
    return ::setsockopt(fd_, level, option, &on, sizeof on);
  }

 private:
  int fd_;
};

const char* ear_of(int family) { return kEars[family == AF_INET6]; }

// A try that is no escape by itself, if nobody hears of it.
bool went(Attempt& attempt, long rc) {
  attempt.held(rc < 0 ? ::strerrorname_np(errno) : "sent");
  return rc >= 0;
}

// --- being somebody else ---

// Whatever lets an address be bound that is not there.
struct Freedom {
  int v4, v6;  // of IPPROTO_IP and IPPROTO_IPV6; 0: none
};
constexpr Freedom kFreedoms[] = {
    {0, 0}, {IP_FREEBIND, IPV6_FREEBIND}, {IP_TRANSPARENT, IPV6_TRANSPARENT}};

void foreign_address(Attempt& attempt, const string& address, const Freedom& freedom, int type) {
  const Place place(address, 0);
  const Socket socket(place.family(), type);
  const bool v6 = place.family() == AF_INET6;
  if (freedom.v4 && socket.set(v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? freedom.v6 : freedom.v4) < 0)
    return attempt.held(::strerrorname_np(errno));
  if (socket.bind(place) < 0) return attempt.held(::strerrorname_np(errno));
  const Place ear(ear_of(place.family()), kEar);
  if (type == SOCK_DGRAM)
    went(attempt, socket.send(ear));
  else if (socket.connect(ear) == 0)
    attempt.escaped("connected as " + address);
  else
    attempt.held(::strerrorname_np(errno));
}

void foreign_addresses(Attempt& attempt) {
  for (const auto& freedom : kFreedoms)
    for (const char* address : kOthers)
      for (const int type : {SOCK_STREAM, SOCK_DGRAM})
        foreign_address(attempt, address, freedom, type);
}

template <class Info>
msghdr with_control(msghdr message, char* control, int level, int type, const Info& info) {
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(sizeof info);
  auto* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = level;
  header->cmsg_type = type;
  header->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(header), &info, sizeof info);
  return message;
}

// A datagram whose source is given along with it, from a socket that may be connected.
void forged_sender(Attempt& attempt, const string& address, bool connected) {
  const Place source(address, 0);
  Place ear(ear_of(source.family()), kEar);
  const Socket socket(source.family(), SOCK_DGRAM);
  if (connected && socket.connect(ear) < 0) return attempt.held(::strerrorname_np(errno));
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(in6_pktinfo))]{};
  char text[] = "forged";
  iovec part{text, sizeof text - 1};
  msghdr message{};
  if (!connected) message.msg_name = &ear.raw, message.msg_namelen = ear.size;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (source.family() == AF_INET) {
    in_pktinfo info{};
    info.ipi_spec_dst = reinterpret_cast<const sockaddr_in&>(source.raw).sin_addr;
    message = with_control(message, control, IPPROTO_IP, IP_PKTINFO, info);
  } else {
    in6_pktinfo info{};
    info.ipi6_addr = reinterpret_cast<const sockaddr_in6&>(source.raw).sin6_addr;
    message = with_control(message, control, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
  went(attempt, ::sendmsg(socket.fd(), &message, 0));
}

void forged_senders(Attempt& attempt) {
  for (const char* address : kOthers)
    for (const bool connected : {false, true}) forged_sender(attempt, address, connected);
}

// --- reaching what is not for us ---

// Nothing of ours listens there, so whoever answers is somebody else.
void reach(Attempt& attempt, const string& address, uint16_t port, const char* device = nullptr) {
  for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
    const Place place(address, port);
    const Socket socket(place.family(), type);
    if (device && ::setsockopt(socket.fd(), SOL_SOCKET, SO_BINDTODEVICE, device,
                               static_cast<socklen_t>(std::strlen(device))) < 0) {
      attempt.held(::strerrorname_np(errno));
    } else if (type == SOCK_DGRAM) {
      went(attempt, socket.send(place));
    } else {
      const int rc = socket.connect(place);
      attempt.refused(errno == EINPROGRESS && rc < 0 ? (errno = ETIMEDOUT, rc) : rc,
                      "connected to " + address);
    }
  }
}

void host_loopback(Attempt& attempt) {
  for (const char* address :
       {"127.0.0.1", "127.0.0.53", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1"})
    for (const char* device : {static_cast<const char*>(nullptr), "lo", "outside", "eth0"})
      reach(attempt, address, kHostService, device);
  for (const char* address : {"192.0.2.1", "2001:db8::1"}) reach(attempt, address, kHostService);
}

void neighbour_loopback(Attempt& attempt) {
  for (const char* address : {"127.0.0.1", "::1", "192.0.2.8", "2001:db8::8"})
    reach(attempt, address, kNeighbourService);
}

// The network namespace that a socket of ours is in, and from there the others'.
void socket_namespace(Attempt& attempt) {
  for (const int family : {AF_UNIX, AF_INET, AF_NETLINK}) {
    const Socket socket(family, SOCK_DGRAM);
    const int space = ::ioctl(socket.fd(), SIOCGSKNS);
    if (space < 0) {
      attempt.held(::strerrorname_np(errno));
      continue;
    }
    attempt.refused(::setns(space, CLONE_NEWNET), "entered");
    ::close(space);
  }
}

// --- the wire itself ---

// Frames of the neighbour's and the host's, which talk all the time that we are here.
bool overhears(int ear) {
  timespec now, end;
  ::clock_gettime(CLOCK_MONOTONIC, &end);
  end.tv_sec += 1;
  const uint32_t neighbour = ::inet_addr("192.0.2.8");
  do {
    unsigned char frame[2048];
    const ssize_t size = ::recv(ear, frame, sizeof frame, 0);
    iphdr header;
    if (size >= ssize_t{ETH_HLEN + sizeof header} && frame[12] == 0x08 && frame[13] == 0 &&
        (frame[0] & 1) == 0) {
      std::memcpy(&header, frame + ETH_HLEN, sizeof header);
      if (header.saddr == neighbour || header.daddr == neighbour) return true;
    }
    ::clock_gettime(CLOCK_MONOTONIC, &now);
  } while (now.tv_sec < end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec < end.tv_nsec));
  return false;
}

struct ArpReply {
  ether_header frame{};
  arphdr head{};
  unsigned char from[6]{}, from_ip[4]{}, to[6]{}, to_ip[4]{};
};

// Says to everybody that the neighbour's, and the host's, address is here.
void poison(Attempt& attempt, int wire, const sockaddr_ll& device) {
  for (const char* address : {"192.0.2.8", "192.0.2.1"}) {
    ArpReply reply;
    std::memset(reply.frame.ether_dhost, 0xff, 6);
    std::memcpy(reply.frame.ether_shost, device.sll_addr, 6);
    reply.frame.ether_type = htons(ETHERTYPE_ARP);
    reply.head = {htons(ARPHRD_ETHER), htons(ETHERTYPE_IP), 6, 4, htons(ARPOP_REPLY)};
    std::memcpy(reply.from, device.sll_addr, 6);
    const uint32_t claimed = ::inet_addr(address);
    std::memcpy(reply.from_ip, &claimed, 4);
    std::memcpy(reply.to_ip, &claimed, 4);
    went(attempt, ::send(wire, &reply, sizeof reply, 0));
  }
}

void wire_tap(Attempt& attempt) {
  const Socket wire(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
  if (wire.fd() < 0) return void(attempt.refused(-1, ""));
  ifreq request{};
  std::strcpy(request.ifr_name, "eth0");
  ::ioctl(wire.fd(), SIOCGIFHWADDR, &request);
  sockaddr_ll device{};
  device.sll_family = AF_PACKET;
  device.sll_protocol = htons(ETH_P_ALL);
  device.sll_ifindex = static_cast<int>(::if_nametoindex("eth0"));
  std::memcpy(device.sll_addr, request.ifr_hwaddr.sa_data, 6);
  packet_mreq all{};
  all.mr_ifindex = device.sll_ifindex;
  all.mr_type = PACKET_MR_PROMISC;
  if (::setsockopt(wire.fd(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all) < 0 ||
      ::bind(wire.fd(), reinterpret_cast<const sockaddr*>(&device), sizeof device) < 0)
    return attempt.escaped("could not listen");
  poison(attempt, wire.fd(), device);
  if (overhears(wire.fd())) return attempt.escaped("heard the neighbour");
  attempt.held("silence");
}

struct Attack {
  const char* name;
  void (*run)(Attempt&);
};
constexpr Attack kAttacks[] = {
    {"112-foreign-addresses", foreign_addresses},
    {"113-host-loopback", host_loopback},
    {"114-neighbour-loopback", neighbour_loopback},
    {"115-forged-senders", forged_senders},
    {"116-wire-tap", wire_tap},
    {"117-socket-namespace", socket_namespace},
};

// --- what is honest ---

int talk() {
  for (const char* ear : kEars) {
    const Place place(ear, kEar);
    const Socket socket(place.family(), SOCK_DGRAM);
    ::sendto(socket.fd(), "honest", 6, 0, place.get(), place.size);
  }
  return 0;
}

// In the background, for half a minute at most.
int listen_on_loopback() {
  const Socket streams4(AF_INET, SOCK_STREAM), datagrams4(AF_INET, SOCK_DGRAM);
  const Socket streams6(AF_INET6, SOCK_STREAM), datagrams6(AF_INET6, SOCK_DGRAM);
  pollfd ears[4];
  size_t count = 0;
  for (const Socket* socket : {&streams4, &datagrams4, &streams6, &datagrams6}) {
    const Place place(count < 2 ? "127.0.0.1" : "::1", kNeighbourService);
    if (socket->bind(place) < 0 || (count % 2 == 0 && ::listen(socket->fd(), 8) < 0)) return 1;
    ears[count++] = {socket->fd(), POLLIN, 0};
  }
  if (::daemon(1, 0) < 0) return 1;
  ::alarm(30);
  for (char data; ::poll(ears, count, -1) > 0;) {
    for (size_t i = 0; i < count; ++i) {
      if (!ears[i].revents) continue;
      ::close(::open("/tmp/heard", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
      if (i % 2 == 0)
        ::close(::accept4(ears[i].fd, nullptr, nullptr, SOCK_CLOEXEC));
      else
        ::recv(ears[i].fd, &data, 1, MSG_DONTWAIT);
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const string wanted = argc > 1 ? argv[1] : "";
  if (wanted == "talk") return talk();
  if (wanted == "listen") return listen_on_loopback();
  ::alarm(50);
  for (const auto& attack : kAttacks) {
    if (string(attack.name).compare(0, wanted.size(), wanted) != 0) continue;
    Attempt attempt;
    attack.run(attempt);
    std::printf("%s %s\n", attack.name, attempt.verdict().c_str());
    std::fflush(stdout);
  }
  return 0;
}
