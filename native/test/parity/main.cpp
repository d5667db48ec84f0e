// Runs random cases of every op on two backends and compares what they say and compute:
//
//   hebb_parity REFERENCE TESTED [--rounds N] [--seed S] [--op NAME]
//
// REFERENCE and TESTED are libraries with the table of abi.h. Prints one table, and ends with 0 when all agree, 1 when not, 77
// when TESTED has no backend on this machine (no GPU, no driver). Each case also runs a second time on TESTED, and as a recording
// where TESTED records: the bits must be the same.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "backend.h"
#include "cases.h"

namespace parity {
namespace {

struct Options {
  std::string reference, tested, op;
  int rounds = 8;
  uint64_t seed = 1;
};

bool read_options(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool valued = i + 1 < argc;
    if (word == "--rounds" && valued)
      options.rounds = std::atoi(argv[++i]);
    else if (word == "--seed" && valued)
      options.seed = std::strtoull(argv[++i], nullptr, 10);
    else if (word == "--op" && valued)
      options.op = argv[++i];
    else if (options.reference.empty())
      options.reference = word;
    else
      options.tested = word;
  }
  return !options.tested.empty();
}

// How much of its tolerance a difference takes: at most 1 is good. Without a tolerance only equal numbers are.
double share(double expected, double actual, const Tolerance& t) {
  if (std::isnan(expected) || std::isnan(actual)) return std::isnan(expected) == std::isnan(actual) ? 0 : INFINITY;
  if (expected == actual) return 0;
  if (std::isinf(expected) || std::isinf(actual)) return INFINITY;
  const double allowed = t.absolute + t.relative * std::fabs(expected);
  return allowed > 0 ? std::fabs(expected - actual) / allowed : INFINITY;
}

struct Tally {
  int cases = 0, failed = 0, replayed = 0;
  double worst = 0;  // largest share of a tolerance
  std::vector<std::string> notes;
};

std::string describe(const Case& c) {
  std::string text;
  for (const Array& input : c.inputs) text += (text.empty() ? "" : ", ") + input.text();
  text += " ->";
  for (const Output& output : c.outputs) text += " " + output.like.text();
  for (const double attribute : c.attributes) {
    char number[40];
    std::snprintf(number, sizeof number, " %g", attribute);
    text += number;
  }
  return text;
}

// What differs, or nothing.
std::string compare(const Case& c, const Outcome& expected, const Outcome& actual, double* worst) {
  if (expected.status != c.status)
    return "the reference says " + std::to_string(expected.status) + " (" + expected.message + ") where " +
           std::to_string(c.status) + " was expected";
  if (actual.status != expected.status)
    return "status " + std::to_string(actual.status) + " (" + actual.message + ") instead of " + std::to_string(expected.status) +
           " (" + expected.message + ")";
  if (expected.status != HEBB_OK)
    return actual.message == expected.message ? "" : "says \"" + actual.message + "\" instead of \"" + expected.message + "\"";
  for (size_t k = 0; k < c.outputs.size(); ++k) {
    const Array &a = expected.outputs[k], &b = actual.outputs[k];
    int64_t wrong = 0, first = -1;
    for (int64_t i = 0; i < a.size(); ++i) {
      const double s = share(a.at(i), b.at(i), c.outputs[k].tolerance);
      if (s <= 1) *worst = std::max(*worst, s);
      if (s <= 1) continue;
      if (wrong++ == 0) first = i;
    }
    if (wrong == 0) continue;
    char text[200];
    std::snprintf(text, sizeof text, "output %zu: %lld of %lld differ, the first at %lld: %.9g instead of %.9g", k,
                  static_cast<long long>(wrong), static_cast<long long>(a.size()), static_cast<long long>(first), b.at(first),
                  a.at(first));
    return text;
  }
  return "";
}

bool same_bits(const Outcome& a, const Outcome& b) {
  for (size_t k = 0; k < a.outputs.size(); ++k)
    if (a.outputs[k].bytes != b.outputs[k].bytes) return false;
  return a.message == b.message;
}

void try_case(uint32_t op, const Case& c, const Backend& reference, const Backend& tested, Tally& tally) {
  ++tally.cases;
  const Outcome expected = reference.run(op, c), actual = tested.run(op, c);
  std::string problem = compare(c, expected, actual, &tally.worst);
  if (problem.empty() && expected.status == HEBB_OK && !same_bits(actual, tested.run(op, c)))
    problem = "a second run gives other bits";
  Outcome again;
  if (problem.empty() && expected.status == HEBB_OK && tested.replay(op, c, again)) {
    ++tally.replayed;
    if (!same_bits(actual, again)) problem = "a replayed recording gives other bits " + again.message;
  }
  if (problem.empty()) return;
  ++tally.failed;
  if (tally.notes.size() < 3) tally.notes.push_back(describe(c) + ": " + problem);
}

int compare_backends(const Options& options, const Backend& reference, const Backend& tested) {
  Makers makers;
  for (const auto add : {add_elementwise, add_reductions, add_movement, add_indexing, add_linear, add_normalization,
                         add_optimizers, add_compiled, add_attention})
    add(makers);
  int failed = 0;
  if (tested.table().op_count != reference.table().op_count) {
    std::printf("the backends have %u and %u ops\n", reference.table().op_count, tested.table().op_count);
    ++failed;
  }
  std::printf("| op | cases | failed | replayed | most of a tolerance used |\n|---|---:|---:|---:|---:|\n");
  for (uint32_t op = 0; op < reference.table().op_count; ++op) {
    const std::string name = reference.table().op_name(op);
    if (!options.op.empty() && options.op != name) continue;
    Tally tally;
    const auto found = makers.find(name);
    if (found == makers.end()) tally.notes.push_back("has no cases"), ++tally.failed;
    Random random(options.seed * 1000 + op);
    for (int round = 0; found != makers.end() && round < options.rounds; ++round)
      for (const Make& make : found->second) try_case(op, make(random), reference, tested, tally);
    std::printf("| %s | %d | %d | %d | %.2g |\n", name.c_str(), tally.cases, tally.failed, tally.replayed, tally.worst);
    for (const std::string& note : tally.notes) std::printf("  %s\n", note.c_str());
    std::fflush(stdout);
    failed += tally.failed;
  }
  for (const auto& [name, check] :
       {std::pair{"memory", check_memory}, std::pair{"order", check_order}, std::pair{"gathered", check_gathered},
        std::pair{"sums", check_sums}, std::pair{"callers", check_callers}}) {
    if (!options.op.empty() && options.op != name) continue;
    for (const std::string& what : check(tested)) {
      std::printf("%s: failed: %s\n", name, what.c_str());
      ++failed;
    }
  }
  std::printf("%s\n", failed == 0 ? "all agree" : (std::to_string(failed) + " failed").c_str());
  return failed == 0 ? 0 : 1;
}

int run(int argc, char** argv) {
  Options options;
  if (!read_options(argc, argv, options)) {
    std::fprintf(stderr, "usage: hebb_parity REFERENCE TESTED [--rounds N] [--seed S] [--op NAME]\n");
    return 2;
  }
  Backend reference, tested;
  std::string problem;
  if (!reference.open(options.reference, problem)) {
    std::fprintf(stderr, "%s: %s\n", options.reference.c_str(), problem.c_str());
    return 2;
  }
  if (!tested.open(options.tested, problem)) {
    std::printf("skipped: %s: %s\n", options.tested.c_str(), problem.c_str());
    return 77;
  }
  std::printf("reference: %s, %s\ntested: %s, %s\n\n", reference.table().name, reference.table().describe(), tested.table().name,
              tested.table().describe());
  return compare_backends(options, reference, tested);
}

}  // namespace
}  // namespace parity

int main(int argc, char** argv) { return parity::run(argc, argv); }
