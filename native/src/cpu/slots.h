// Tasks that need memory of their own: as many slots as threads, counted once, so that the memory fits even where another host
// thread changes the number of threads meanwhile.
#pragma once

#include <algorithm>

#include "cpu/parallel.h"

namespace hebb {

inline int64_t slots_for(int64_t tasks) { return std::max<int64_t>(1, std::min<int64_t>(tasks, thread_count())); }

// Calls body(task, slot) for every task; no two run at once with the same slot.
template <typename Body>
void for_tasks(int64_t tasks, int64_t slots, const Body& body) {
  share_out(tasks, static_cast<int>(slots), body);
}

}  // namespace hebb
