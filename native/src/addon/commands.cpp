// Decoding command lists. A list is a run of float64 words: [end, command…]; a command is
//   [opcode, device, outputs, inputs, attributes, operand…, attribute…]   outputs first, then inputs
// and an operand is [handle, dtype, rank, dim…]. An output whose handle is 0 is allocated, and its new handle written in its
// place. Words come from JavaScript: every one is checked before it is believed.
#include "addon/environment.h"
#include "addon/words.h"

namespace hebb {
bool read_form(const double* words, size_t& at, size_t end, hebb_view& view, int64_t& bytes, hebb_error& error) {
  static constexpr int64_t kBytes[HEBB_DTYPE_COUNT] = {4, 8, 2, 2, 4, 8, 1, 1};
  if (end - at < 2) return refuse(error, HEBB_INTERNAL, "command list ends inside an operand");
  const int64_t dtype = count_of(words[at], HEBB_DTYPE_COUNT - 1);
  const int64_t rank = count_of(words[at + 1], HEBB_MAX_RANK);
  if (dtype < 0 || rank < 0) return refuse(error, HEBB_INTERNAL, "malformed operand in command list");
  at += 2;
  if (end - at < static_cast<size_t>(rank)) return refuse(error, HEBB_INTERNAL, "command list ends inside an operand");
  view.dtype = static_cast<int32_t>(dtype);
  view.rank = static_cast<int32_t>(rank);
  // A dimension of zero empties the array, but the others must still be sane: kernels multiply them in any order.
  int64_t product = kBytes[dtype];
  bool empty = false;
  for (int64_t i = 0; i < rank; ++i) {
    const int64_t dim = count_of(words[at++], kMaxInteger);
    if (dim < 0) return refuse(error, HEBB_BAD_SHAPE, "dimension %g is no integer from 0 to 2^53 - 1", words[at - 1]);
    view.dims[i] = dim;
    empty |= dim == 0;
    if (dim > 0 && __builtin_mul_overflow(product, dim, &product))
      return refuse(error, HEBB_BAD_SHAPE, "the size of the array overflows 2^63 bytes");
  }
  bytes = empty ? 0 : product;
  return true;
}

bool Environment::read_operand(size_t& at, size_t end, Operand& operand, int64_t& bytes, hebb_error& error) {
  if (at >= end) return refuse(error, HEBB_INTERNAL, "command list ends inside an operand");
  const int64_t handle = count_of(words_[at++], 2147483647.0);
  if (handle < 0) return refuse(error, HEBB_INTERNAL, "malformed operand in command list");
  operand.handle = static_cast<uint32_t>(handle);
  return read_form(words_, at, end, operand.view, bytes, error);
}

bool Environment::resolve(Operand& operand, bool written, int64_t bytes, uint32_t device, hebb_error& error) {
  const Buffer* buffer = handles_.find(operand.handle);
  if (buffer == nullptr) return refuse(error, HEBB_DISPOSED, "an operand was disposed, or is no tensor of this thread");
  if (buffer->device != device) return refuse(error, HEBB_UNSUPPORTED, "operands live on different devices");
  if (static_cast<uint64_t>(bytes) > buffer->bytes)
    return refuse(error, HEBB_BAD_SHAPE, "an operand claims %lld bytes of a buffer of %llu", static_cast<long long>(bytes),
                  static_cast<unsigned long long>(buffer->bytes));
  // A buffer that exists may only be written once nobody in flight reads it.
  if (written && buffer->pins > 0)
    wait_for_all();
  else
    wait_for(*buffer);
  operand.view.data = buffer->data;
  return true;
}

// Runs the command at word `at`; returns where the next begins, or 0 on failure.
size_t Environment::run_command(size_t at, size_t end, std::vector<uint32_t>& created, hebb_error& error) {
  if (end - at < 5) return refuse(error, HEBB_INTERNAL, "command list ends inside a command");
  const int64_t op = count_of(words_[at], 4294967295.0), device = count_of(words_[at + 1], 255);
  const int64_t outputs = count_of(words_[at + 2], HEBB_MAX_OPERANDS), inputs = count_of(words_[at + 3], HEBB_MAX_OPERANDS);
  const int64_t attributes = count_of(words_[at + 4], kMaxInteger);
  if (op < 0 || device < 0 || outputs < 0 || inputs < 0 || attributes < 0)
    return refuse(error, HEBB_INTERNAL, "malformed command");
  const hebb_backend* target = backend(static_cast<uint32_t>(device));
  if (target == nullptr) return refuse(error, HEBB_UNSUPPORTED, "there is no device %d", static_cast<int>(device));
  at += 5;
  const size_t total = static_cast<size_t>(outputs + inputs);
  if (views_.size() < total) views_.resize(total);
  for (size_t i = 0; i < total; ++i) {
    const size_t handle_word = at;
    Operand operand;
    int64_t bytes;
    if (!read_operand(at, end, operand, bytes, error)) return 0;
    if (operand.handle == 0 && i < static_cast<size_t>(outputs)) {
      operand.handle = create(static_cast<uint32_t>(device), static_cast<uint64_t>(bytes), error);
      if (operand.handle == 0) return 0;
      created.push_back(operand.handle);
      words_[handle_word] = operand.handle;
    }
    if (!resolve(operand, i < static_cast<size_t>(outputs), bytes, static_cast<uint32_t>(device), error)) return 0;
    views_[i] = operand.view;
  }
  if (end - at < static_cast<size_t>(attributes)) return refuse(error, HEBB_INTERNAL, "command list ends inside its attributes");
  const hebb_call call = {static_cast<uint32_t>(op),
                          static_cast<uint32_t>(outputs),
                          static_cast<uint32_t>(inputs),
                          static_cast<uint32_t>(attributes),
                          views_.data(),
                          views_.data() + outputs,
                          words_ + at};
  if (target->run(&call, &error) != HEBB_OK) return 0;
  return at + static_cast<size_t>(attributes);
}

bool Environment::run(hebb_error& error) {
  if (word_count_ == 0) return refuse(error, HEBB_INTERNAL, "no command words are bound");
  const int64_t end = count_of(words_[0], static_cast<double>(word_count_));
  if (end < 1) return refuse(error, HEBB_INTERNAL, "malformed command list");
  created_.clear();
  size_t at = 1;
  while (at < static_cast<size_t>(end)) {
    at = run_command(at, static_cast<size_t>(end), created_, error);
    if (at == 0) {
      for (uint32_t handle : created_) release(handle);
      return false;
    }
  }
  return true;
}

}  // namespace hebb
