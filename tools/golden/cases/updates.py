"""Trajectories of torch.optim: inputs are the first parameter and the gradient of each step, outputs the parameter after each."""

import torch

from golden import Suite, floats

STEPS = 5


def trajectory(make):
    def fn(start, *gradients):
        parameter = torch.nn.Parameter(start.clone())
        optimizer = make([parameter])
        after = []
        for gradient in gradients:
            parameter.grad = gradient.clone()
            optimizer.step()
            after.append(parameter.detach().clone())
        return after

    return fn


def suites():
    suite = Suite("update")
    inputs = [floats(7, seed=i) for i in range(STEPS + 1)]
    for momentum, nesterov, decay in ((0, False, 0), (0, False, 0.1), (0.9, False, 0), (0.9, True, 0), (0.9, True, 0.01)):
        make = lambda ps: torch.optim.SGD(ps, lr=0.1, momentum=momentum, nesterov=nesterov, weight_decay=decay)
        attributes = {"learningRate": 0.1, "momentum": momentum, "nesterov": nesterov, "weightDecay": decay}
        suite.case("sgdUpdate", f"momentum {momentum}{' nesterov' if nesterov else ''}, decay {decay}", trajectory(make), inputs, attributes, differentiable=False)
    for decoupled in (False, True):
        for decay in (0, 0.1):
            kind = torch.optim.AdamW if decoupled else torch.optim.Adam
            make = lambda ps: kind(ps, lr=0.01, betas=(0.9, 0.99), eps=1e-6, weight_decay=decay)
            attributes = {"learningRate": 0.01, "beta1": 0.9, "beta2": 0.99, "epsilon": 1e-6, "weightDecay": decay, "decoupled": decoupled}
            suite.case("adamUpdate", f"{'decoupled' if decoupled else 'plain'}, decay {decay}", trajectory(make), inputs, attributes, differentiable=False)
    yield suite
