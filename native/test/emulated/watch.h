// What ThreadSanitizer is told of a GPU's order: each stream, and each thread of a kernel, is a thread of its own to it, and what
// it hears of here is all that orders them. Nothing without HEBB_WATCHED.
#pragma once

#if defined(HEBB_WATCHED)
#include <sanitizer/tsan_interface.h>
#endif

namespace emulated {

#if defined(HEBB_WATCHED)
constexpr bool kWatched = true;
inline void* new_timeline() { return __tsan_create_fiber(0); }
inline void* this_timeline() { return __tsan_get_current_fiber(); }
// Right before the stack changes.
inline void continue_as(void* timeline) { __tsan_switch_to_fiber(timeline, __tsan_switch_to_fiber_no_sync); }
// Who observes a mark comes after all that was done before it was published.
inline void publish(void* mark) { __tsan_release(mark); }
inline void observe(void* mark) { __tsan_acquire(mark); }
#else
constexpr bool kWatched = false;
inline void* new_timeline() { return nullptr; }
inline void* this_timeline() { return nullptr; }
inline void continue_as(void*) {}
inline void publish(void*) {}
inline void observe(void*) {}
#endif

}  // namespace emulated
