// Launches what Gathering (cuda/oneBlock.h) has gathered.
#pragma once

#include "cuda/oneBlock.h"

namespace hebb {

void launch_one_block(const OneBlock& block);

}  // namespace hebb
