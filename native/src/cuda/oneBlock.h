// Small launches of a recorded step, gathered into one launch of one block, which does one after the other: what each has to do
// takes less time than its launch. A block that has done one waits for all of its threads before it begins what needs that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace hebb {

// What such a block can do, each over float32 (ops/oneBlock.cuda.cu).
enum class Small : uint8_t {
  kProduct,
  kProgram,
  kSum,
  kMean,
  kSgd,
  kSgdMomentum,
  kAdam,
  kLossOfInt32,
  kLossOfInt64,
  kLossOfUint8,
  kLossGradOfInt32,
  kLossGradOfInt64,
  kLossGradOfUint8
};

// The task that a kernel's body is, for those that can be gathered as they are.
template <typename Body>
inline constexpr int kSmall = -1;

// How a launch lies over threads: elements that any thread may take, or blocks of its own (elements: 0), one after the other.
struct SmallShape {
  int64_t elements;
  unsigned width, height, depth, blocks;
  int64_t turns;  // steps, about as long as a multiplication of two numbers from memory, that a thread does one after the other

  static SmallShape of_elements(int64_t n, int64_t turns_each);
};

struct SmallTask {
  Small what;
  bool waits;       // for all threads to have done the tasks before
  uint16_t offset;  // of its argument
  uint16_t first;   // the thread that takes the first element
  uint16_t width, height, depth;
  uint32_t blocks;
};

// The kernel's argument: kernels take 4 KiB.
struct OneBlock {
  static constexpr uint32_t kTasks = 32, kBytes = 3520;
  uint32_t count, used;
  SmallTask tasks[kTasks];
  alignas(16) unsigned char bytes[kBytes];
};
static_assert(sizeof(OneBlock) <= 4096, "more than a kernel takes");

constexpr unsigned kOneBlockThreads = 256;

// While one lives, small launches go into it. They keep the order in which commands launch them; those of commands that do not
// follow each other lie side by side on the block's threads.
class Gathering {
 public:
  using Launch = std::function<void(const OneBlock&)>;
  using Follows = std::function<bool(uint32_t earlier)>;

  explicit Gathering(Launch launch);
  ~Gathering();
  Gathering(const Gathering&) = delete;
  Gathering& operator=(const Gathering&) = delete;

  // The command whose launches come now, and which commands it comes after.
  void command(uint32_t number, Follows follows);
  // False, with nothing done, for what is too large.
  bool add(Small what, const void* argument, size_t bytes, const SmallShape& shape);
  // Launches what was gathered: what follows cannot be.
  void launch();

 private:
  bool must_wait(bool in_blocks) const;
  void begin_side_by_side();

  Launch launch_;
  Follows follows_;
  uint32_t command_ = 0;
  OneBlock gathered_ = {};
  std::vector<uint32_t> side_by_side_;  // commands with tasks since threads waited last
  bool shared_used_ = false;            // by one of these
  uint16_t first_ = 0;
};

// Puts a launch into the block that is being gathered. False where none is, or where it is too large: then it is to be launched.
bool gather(Small what, const void* argument, size_t bytes, const SmallShape& shape);

// Before anything else is given to the stream.
void launch_gathered();

}  // namespace hebb
