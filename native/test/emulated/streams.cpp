// Streams, events, graphs and memory. A stream is a coroutine that does at once what it is asked; what orders it with the host
// and the other stream is kept apart, and told to who watches.
#include <cuda_runtime.h>
#include <ucontext.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "watch.h"

namespace emulated {

namespace {

[[noreturn]] void stop(const char* what) {
  std::fprintf(stderr, "emulated: %s\n", what);
  std::abort();
}

// One host thread at a time plays the GPU: memory is freed by any, while another may be launching.
std::mutex g_playing;

}  // namespace

class Stream {
 public:
  Stream() {
    getcontext(&own_);
    own_.uc_stack.ss_sp = stack_.get();
    own_.uc_stack.ss_size = kStack;
    own_.uc_link = nullptr;
    starting_ = this;
    makecontext(
        &own_, [] { starting_->loop(); }, 0);
    enter();
  }

  // What it is asked by a host that has come this far.
  void run(const Work& work) {
    const std::lock_guard<std::mutex> lock(g_playing);
    play(work);
  }
  // The same of what is to last until the host has waited.
  void run_kept(Work work) {
    const std::lock_guard<std::mutex> lock(g_playing);
    play(given_.emplace_back(std::move(work)));
  }
  // The host comes after all that the stream did.
  void wait() {
    const std::lock_guard<std::mutex> lock(g_playing);
    play([this] { publish(&done_); });
    observe(&done_);
    // Only now may the host take the memory of what kernels were given.
    given_.clear();
  }

  Graph* captured = nullptr;
  bool capture_failed = false;

 private:
  static constexpr size_t kStack = 256 * 1024;

  void play(const Work& work) {
    work_ = &work;
    publish(&asked_);
    enter();
  }
  void enter() {
    host_timeline_ = this_timeline();
    continue_as(timeline_);
    swapcontext(&host_, &own_);
  }
  void loop() {
    for (;;) {
      continue_as(host_timeline_);
      swapcontext(&own_, &host_);
      observe(&asked_);
      (*work_)();
    }
  }

  static Stream* starting_;
  ucontext_t own_, host_;
  std::unique_ptr<char[]> stack_{new char[kStack]};
  void *timeline_ = new_timeline(), *host_timeline_ = nullptr;
  const Work* work_ = nullptr;
  std::deque<Work> given_;
  char asked_ = 0, done_ = 0;
};

Stream* Stream::starting_ = nullptr;

// A mark for each time it is recorded: who waits, waits for the last.
struct Event {
  std::deque<char> marks;
};

namespace {

std::deque<Stream>& streams() {
  static std::deque<Stream>& all = *new std::deque<Stream>;
  return all;
}

// What waits for a stream while it is captured, or marks it for others, ends the capture, as it does on a GPU.
cudaError_t refuse(Stream& stream) {
  stream.capture_failed = true;
  return cudaErrorStreamCaptureUnsupported;
}

}  // namespace

void submit(Stream* stream, Work work, bool kernel) {
  if (stream->captured == nullptr) return stream->run_kept(std::move(work));
  Graph& graph = *stream->captured;
  GraphNode& node = graph.nodes.emplace_back();
  node.work = std::move(work);
  node.kernel = kernel;
  node.after = std::exchange(graph.last, {&node});
}

namespace {

// One launch takes what has become ready last, so that what should wait and does not comes too early; the next what became ready
// first, so that commands of several nodes that should not run side by side are mixed.
void run_graph(Graph& graph) {
  std::map<GraphNode*, size_t> missing;
  std::map<GraphNode*, std::vector<GraphNode*>> next;
  std::deque<GraphNode*> ready;
  for (GraphNode& node : graph.nodes) {
    missing[&node] = node.after.size() + node.early.size();
    for (GraphNode* earlier : node.after) next[earlier].push_back(&node);
    for (GraphNode* earlier : node.early) next[earlier].push_back(&node);
    if (missing[&node] == 0) ready.push_back(&node);
  }
  const bool last_first = graph.launches++ % 2 == 0;
  while (!ready.empty()) {
    GraphNode* node = last_first ? ready.back() : ready.front();
    last_first ? ready.pop_back() : ready.pop_front();
    node->work();
    if (!node->early.empty() && !all_began()) stop("a kernel that is launched early does not wait for those before it");
    for (GraphNode* later : next[node])
      if (--missing[later] == 0) ready.push_back(later);
  }
}

std::unique_ptr<Graph> copy_of(const Graph& graph) {
  auto made = std::make_unique<Graph>();
  std::map<const GraphNode*, GraphNode*> copies;
  for (const GraphNode& node : graph.nodes) copies[&node] = &made->nodes.emplace_back(node);
  for (GraphNode& node : made->nodes) {
    for (GraphNode*& earlier : node.after) earlier = copies.at(earlier);
    for (GraphNode*& earlier : node.early) earlier = copies.at(earlier);
  }
  return made;
}

// Where an edge with this data stands.
std::vector<GraphNode*>& edges_into(GraphNode* node, const cudaGraphEdgeData& data) {
  const bool early = data.type == cudaGraphDependencyTypeProgrammatic;
  if (early != (data.from_port == cudaGraphKernelNodePortProgrammatic)) stop("an edge whose type and port do not agree");
  return early ? node->early : node->after;
}

}  // namespace

}  // namespace emulated

using emulated::refuse;

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* made, unsigned) {
  *made = &emulated::streams().emplace_back();
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  if (stream->captured != nullptr) return refuse(*stream);
  stream->wait();
  return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind, cudaStream_t stream) {
  emulated::submit(stream, [=] { std::memmove(to, from, bytes); });
  return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* made, unsigned) {
  *made = new emulated::Event;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  if (stream->captured != nullptr) return refuse(*stream);
  char& mark = event->marks.emplace_back();
  stream->run([&] { emulated::publish(&mark); });
  return cudaSuccess;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  if (stream->captured != nullptr) return refuse(*stream);
  if (!event->marks.empty()) stream->run([&] { emulated::observe(&event->marks.back()); });
  return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  if (!event->marks.empty()) emulated::observe(&event->marks.back());
  return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  stream->captured = new emulated::Graph;
  stream->capture_failed = false;
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  *graph = stream->captured;
  stream->captured = nullptr;
  if (!stream->capture_failed) return cudaSuccess;
  delete *graph;
  *graph = nullptr;
  return cudaErrorStreamCaptureInvalidated;
}

cudaError_t cudaStreamGetCaptureInfo(cudaStream_t stream, cudaStreamCaptureStatus* status, unsigned long long*, cudaGraph_t*,
                                     const cudaGraphNode_t** last, const cudaGraphEdgeData**, size_t* count) {
  *status = cudaStreamCaptureStatusActive;
  *last = stream->captured->last.data();
  *count = stream->captured->last.size();
  return cudaSuccess;
}

cudaError_t cudaStreamUpdateCaptureDependencies(cudaStream_t stream, cudaGraphNode_t* last, const cudaGraphEdgeData*,
                                                size_t count, unsigned) {
  stream->captured->last.assign(last, last + count);
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* made, cudaGraph_t graph, unsigned long long) {
  *made = new std::shared_ptr<emulated::Graph>(emulated::copy_of(*graph));
  return cudaSuccess;
}

cudaError_t cudaGraphGetEdges(cudaGraph_t graph, cudaGraphNode_t* from, cudaGraphNode_t* to, cudaGraphEdgeData* data,
                              size_t* count) {
  size_t found = 0;
  for (emulated::GraphNode& node : graph->nodes)
    for (const auto* edges : {&node.after, &node.early})
      for (emulated::GraphNode* earlier : *edges) {
        if (from != nullptr) {
          from[found] = earlier;
          to[found] = &node;
          const bool early = edges == &node.early;
          data[found] = {};
          data[found].type = early ? cudaGraphDependencyTypeProgrammatic : cudaGraphDependencyTypeDefault;
          data[found].from_port = early ? cudaGraphKernelNodePortProgrammatic : cudaGraphKernelNodePortDefault;
        }
        ++found;
      }
  *count = found;
  return cudaSuccess;
}

cudaError_t cudaGraphRemoveDependencies(cudaGraph_t, const cudaGraphNode_t* from, const cudaGraphNode_t* to,
                                        const cudaGraphEdgeData* data, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    auto& edges = emulated::edges_into(to[i], data[i]);
    const auto found = std::find(edges.begin(), edges.end(), from[i]);
    if (found == edges.end()) emulated::stop("no such edge");
    edges.erase(found);
  }
  return cudaSuccess;
}

cudaError_t cudaGraphAddDependencies(cudaGraph_t, const cudaGraphNode_t* from, const cudaGraphNode_t* to,
                                     const cudaGraphEdgeData* data, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (data[i].type == cudaGraphDependencyTypeProgrammatic && !(from[i]->kernel && to[i]->kernel))
      emulated::stop("a programmatic edge of what is no kernel");
    emulated::edges_into(to[i], data[i]).push_back(from[i]);
  }
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t stream) {
  emulated::submit(stream, [graph = *graph] { emulated::run_graph(*graph); });
  return cudaSuccess;
}

// Aligned as on a GPU, and full of NaN; more than a small one has is refused.
cudaError_t cudaMalloc(void** data, size_t bytes) {
  constexpr size_t most = size_t{1} << 32;
  if (bytes > most || posix_memalign(data, 256, bytes) != 0) *data = nullptr;
  if (*data == nullptr) return cudaErrorMemoryAllocation;
  std::memset(*data, 0xFF, bytes);
  return cudaSuccess;
}

// Waits for all work.
cudaError_t cudaFree(void* data) {
  for (emulated::Stream& stream : emulated::streams())
    if (stream.captured == nullptr) stream.wait();
  std::free(data);
  return cudaSuccess;
}
