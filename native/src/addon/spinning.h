// How long the team's threads wait for work before they sleep.
#pragma once

namespace hebb {

// Sets it for libgomp, which reads it when it is loaded, unless the user has.
void choose_spinning();

}  // namespace hebb
