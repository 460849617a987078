// SPDX-License-Identifier: BSD-2-Clause
//
// What the commands need beside musl (cmake/musl.cmake): two names of glibc that the compiler's
// C++ library asks for, a heap, and copying that is good at names (sys/bytes.h).
//
// musl's own heap hands pages back as soon as it can and asks for them again. Each time is a
// system call and page faults, which a virtual machine pays twice, and while a jail's first
// process still shares our memory it interrupts the other CPU too. This heap keeps what it has,
// in one list of free blocks for each power of two: a command is over in milliseconds. It knows no
// locks, for the commands have one thread.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "sys/bytes.h"

// The compiler knows a loop that copies, and would have memcpy() call itself.
#pragma GCC optimize("no-tree-loop-distribute-patterns")

namespace {

struct alignas(std::max_align_t) Block {
  unsigned order;  // it is 1 << order bytes long, with this header
  Block* next;     // while it is free
};

constexpr size_t kRegion = 1 << 20;

Block* free_blocks[64];
char* fresh;  // the part of the newest region that was never used
size_t fresh_size;

Block* new_block(unsigned order) {
  const size_t size = size_t{1} << order;
  if (size > fresh_size) {
    const size_t mapped = std::max(size, kRegion);
    void* region =
        ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (region == MAP_FAILED) return nullptr;
    fresh = static_cast<char*>(region);
    fresh_size = mapped;
  }
  auto* block = reinterpret_cast<Block*>(fresh);
  block->order = order;
  fresh += size;
  fresh_size -= size;
  return block;
}

Block* block_of(void* memory) { return static_cast<Block*>(memory) - 1; }

void* allocate(size_t size) {
  if (size > PTRDIFF_MAX / 2) return nullptr;
  const auto order = static_cast<unsigned>(std::bit_width(size + sizeof(Block) - 1));
  Block* block = free_blocks[order];
  if (block)
    free_blocks[order] = block->next;
  else if (block = new_block(order); !block)
    return nullptr;
  return block + 1;
}

}  // namespace

extern "C" {

void* malloc(size_t size) {
  void* memory = allocate(size);
  if (!memory) errno = ENOMEM;
  return memory;
}

void free(void* memory) {
  if (!memory) return;
  Block* block = block_of(memory);
  block->next = free_blocks[block->order];
  free_blocks[block->order] = block;
}

void* realloc(void* memory, size_t size) {
  const size_t room = memory ? (size_t{1} << block_of(memory)->order) - sizeof(Block) : 0;
  if (memory && size <= room) return memory;
  void* larger = malloc(size);
  if (!larger) return nullptr;
  if (memory) memcpy(larger, memory, room);
  free(memory);
  return larger;
}

void* calloc(size_t count, size_t size) {
  size_t bytes = 0;
  void* memory = __builtin_mul_overflow(count, size, &bytes) ? nullptr : allocate(bytes);
  if (memory)
    memset(memory, 0, bytes);
  else
    errno = ENOMEM;
  return memory;
}

// Nothing of ours is aligned to more than malloc() gives.
void* aligned_alloc(size_t, size_t) {
  errno = ENOMEM;
  return nullptr;
}

void* memmove(void* to, const void* from, size_t n) {
  gaol::sys::copy_bytes(static_cast<char*>(to), static_cast<const char*>(from), n);
  return to;
}
void* memcpy(void* __restrict to, const void* __restrict from, size_t n) {
  return memmove(to, from, n);
}
int memcmp(const void* a, const void* b, size_t n) {
  return gaol::sys::compare_bytes(static_cast<const char*>(a), static_cast<const char*>(b), n);
}

// Whether atomic operations may be left out. They never are.
extern char __libc_single_threaded;
char __libc_single_threaded = 0;

// Where the unwinding tables of a shared library are. There are none, and the program's own
// were registered by crtbeginT.o before anybody can throw.
int _dl_find_object(void*, void*);
int _dl_find_object(void*, void*) { return -1; }
}
