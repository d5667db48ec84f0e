// Which of several ways to do the same work takes the least time, found while it is done in one way after the other, without
// waiting for the GPU.
#pragma once

#include <cuda_runtime.h>

#include <vector>

namespace hebb {

class Trial {
 public:
  explicit Trial(int ways) : ways_(ways), best_(ways == 1 ? 0 : kOpen) {}
  ~Trial();
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  // Before the work is given to the stream: the way to do it this time.
  int begin();
  // Behind it.
  void end();
  // The best way, once it is known; negative before.
  int best() const { return best_; }
  // The shortest run of each way, in milliseconds, once the best is known and where there were several.
  const std::vector<float>& shortest() const { return shortest_; }

 private:
  static constexpr int kOpen = -1;

  struct Run {
    int way;
    cudaEvent_t began, ended;
  };

  bool tried() const;
  bool takes_long() const;
  void decide();
  void forget();

  int ways_, best_;
  bool timing_ = false;
  std::vector<Run> runs_;
  std::vector<float> shortest_;
};

}  // namespace hebb
