// SPDX-License-Identifier: BSD-2-Clause
//
// Both ends of the connections that bench/net measures, static so that it runs in every tree.
//
//   net_load serve ADDRESS PORT             takes what comes, and answers a single byte
//   net_load stream ADDRESS PORT MEGABYTES  sends that much, prints megabytes a second
//   net_load connect ADDRESS PORT COUNT     connects so often, prints microseconds of each
//   net_load sink ADDRESS PORT              takes datagrams, and answers a single byte
//   net_load flood ADDRESS PORT COUNT       sends so many datagrams, prints how many a second
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static char bytes[256 << 10];

static _Noreturn void die(const char* what) {
  perror(what);
  exit(1);
}

static int check(int result, const char* what) {
  if (result < 0) die(what);
  return result;
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int call(const struct sockaddr_in* to) {
  const int fd = check(socket(AF_INET, SOCK_STREAM, 0), "socket");
  check(connect(fd, (const struct sockaddr*)to, sizeof *to), "connect");
  return fd;
}

static _Noreturn void serve(const struct sockaddr_in* at) {
  const int on = 1, listener = check(socket(AF_INET, SOCK_STREAM, 0), "socket");
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  check(bind(listener, (const struct sockaddr*)at, sizeof *at), "bind");
  check(listen(listener, 128), "listen");
  for (;;) {
    const int fd = accept(listener, NULL, NULL);
    if (fd < 0) continue;
    for (ssize_t got; (got = read(fd, bytes, sizeof bytes)) > 0;)
      if (got == 1 && write(fd, bytes, 1) < 0) break;
    close(fd);
  }
}

static void stream(const struct sockaddr_in* to, long megabytes) {
  const double began = seconds();
  const int fd = call(to);
  for (long left = megabytes << 20; left > 0;) {
    const ssize_t sent = write(fd, bytes, sizeof bytes);
    if (sent < 0) die("write");
    left -= sent;
  }
  shutdown(fd, SHUT_WR);
  while (read(fd, bytes, sizeof bytes) > 0) continue;
  printf("%.3f\n", (double)megabytes / (seconds() - began));
}

// Reset at once, so that no ports are left waiting.
static void connect_often(const struct sockaddr_in* to, long count) {
  const struct linger at_once = {1, 0};
  double took = 0;
  for (long n = 0; n < count; ++n) {
    const double began = seconds();
    const int fd = call(to);
    took += seconds() - began;
    // Not faster than they are taken up at the other end.
    if (write(fd, bytes, 1) != 1 || read(fd, bytes, 1) != 1) die("the other end");
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
  }
  printf("%.3f\n", took / (double)count * 1e6);
}

static int datagrams(const struct sockaddr_in* at,
                     int (*act)(int, const struct sockaddr*, socklen_t)) {
  const int fd = check(socket(AF_INET, SOCK_DGRAM, 0), "socket");
  check(act(fd, (const struct sockaddr*)at, sizeof *at), "address");
  return fd;
}

static _Noreturn void sink(const struct sockaddr_in* at) {
  const int fd = datagrams(at, bind);
  for (;;) {
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    if (recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr*)&from, &size) == 1)
      sendto(fd, bytes, 1, 0, (struct sockaddr*)&from, size);
  }
}

// Many with one call, so that their way is what takes time.
static void flood(const struct sockaddr_in* to, long count) {
  enum { kAtOnce = 64 };
  const int fd = datagrams(to, connect);
  if (send(fd, bytes, 1, 0) != 1 || recv(fd, bytes, 1, 0) != 1) die("the other end");
  struct iovec part = {bytes, 64};
  struct mmsghdr messages[kAtOnce] = {0};
  for (int n = 0; n < kAtOnce; ++n)
    messages[n].msg_hdr = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1};
  const double began = seconds();
  long sent = 0;
  while (sent < count) sent += check(sendmmsg(fd, messages, kAtOnce, 0), "sendmmsg");
  printf("%.0f\n", (double)sent / (seconds() - began));
}

int main(int argc, char** argv) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  if (argc < 4 || inet_pton(AF_INET, argv[2], &address.sin_addr) != 1) {
    fputs("usage: net_load serve|stream|connect|sink|flood ADDRESS PORT [AMOUNT]\n", stderr);
    return 1;
  }
  address.sin_port = htons((uint16_t)atoi(argv[3]));
  const long amount = argc > 4 ? atol(argv[4]) : 0;
  if (!strcmp(argv[1], "serve")) serve(&address);
  if (!strcmp(argv[1], "stream")) stream(&address, amount);
  if (!strcmp(argv[1], "connect")) connect_often(&address, amount);
  if (!strcmp(argv[1], "sink")) sink(&address);
  if (!strcmp(argv[1], "flood")) flood(&address, amount);
  return 0;
}
