// What hebb.node lends to hebb_gc.node: plain functions on an environment, passed through a Node-API External.
#pragma once

#include <cstdint>

struct hebb_gc_hooks {
  void* environment;
  bool (*release)(void* environment, uint32_t handle);
  void (*own)(void* environment);
  void (*disown)(void* environment);
};
