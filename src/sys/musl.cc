// SPDX-License-Identifier: BSD-2-Clause
//
// What the commands need beside musl (cmake/musl.cmake): two names of glibc that the compiler's
// C++ library asks for, and a heap.
#include <cstddef>
#include <cstdlib>
#include <new>

extern "C" {
// Whether atomic operations may be left out. They never are.
extern char __libc_single_threaded;
char __libc_single_threaded = 0;

// Where the unwinding tables of a shared library are. There are none, and the program's own
// were registered by crtbeginT.o before anybody can throw.
int _dl_find_object(void*, void*);
int _dl_find_object(void*, void*) { return -1; }
}

// The heap only grows until it is full; malloc comes after it. A command makes some hundred small
// objects and ends. musl's malloc would map and unmap pages for them all the time, and unmapping
// while the jail's first process still shares our memory interrupts the other CPU. The commands
// have one thread.
namespace {
alignas(std::max_align_t) char heap[512 * 1024];
size_t used = 0;

bool in_heap(const void* memory) { return memory >= heap && memory < heap + sizeof heap; }
}  // namespace

void* operator new(size_t size) {
  constexpr size_t kUnit = alignof(std::max_align_t);
  if (size < sizeof heap - used) {
    void* memory = heap + used;
    used += (size / kUnit + 1) * kUnit;
    return memory;
  }
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}

void operator delete(void* memory) noexcept {
  if (!in_heap(memory)) std::free(memory);
}
void operator delete(void* memory, size_t) noexcept { operator delete(memory); }
