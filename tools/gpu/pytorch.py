"""PyTorch's side of the GPU benchmarks: pytorch.py NAME SECONDS eager|graph|compile [bf16] [--batch N] [--image N]
[--layers N] [--width N] [--context N] [--device cpu].

Writes the median time in milliseconds. Names, models, batches and losses are those of tools/bench. `graph` captures the whole step in a
CUDA graph; `compile` is torch.compile with max-autotune. float32 is computed in float32, without TF32; bf16 is autocast in trainings and
the dtype of the operands in single ops.
"""

import argparse
import statistics
import time

import torch
from torch import nn
from torch.nn import functional as F

LETTERS, TIME, WORDS = 65, 64, 50257


def mlp(widths, activation):
    layers = []
    for given, wanted in zip(widths, widths[1:]):
        layers += [nn.Linear(given, wanted), activation()]
    return nn.Sequential(*layers[:-1])


def lenet():
    features = [nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2)]
    return nn.Sequential(*features, nn.Flatten(), mlp([400, 120, 84, 10], nn.Tanh))


def convolution(given, wanted, size, stride=1):
    return [nn.Conv2d(given, wanted, size, stride, size // 2, bias=False), nn.BatchNorm2d(wanted)]


class Shortcut(nn.Module):
    """A residual block (He et al. 2016): two convolutions, or three where it is a bottleneck."""

    def __init__(self, given, width, stride, bottleneck):
        super().__init__()
        wanted = 4 * width if bottleneck else width
        if bottleneck:
            parts = [convolution(given, width, 1), convolution(width, width, 3, stride), convolution(width, wanted, 1)]
        else:
            parts = [convolution(given, width, 3, stride), convolution(width, width, 3)]
        joined = [*parts[0]]
        for part in parts[1:]:
            joined += [nn.ReLU(inplace=True), *part]
        self.body = nn.Sequential(*joined)
        same = stride == 1 and given == wanted
        self.shortcut = nn.Identity() if same else nn.Sequential(*convolution(given, wanted, 1, stride))

    def forward(self, x):
        return F.relu(self.body(x) + self.shortcut(x))


def resnet(counts, bottleneck):
    layers = [*convolution(3, 64, 7, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)]
    channels = 64
    for stage, count in enumerate(counts):
        width = 64 << stage
        for i in range(count):
            layers.append(Shortcut(channels, width, 2 if i == 0 and stage > 0 else 1, bottleneck))
            channels = 4 * width if bottleneck else width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 1000))


class CharLM(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(LETTERS, 256)
        self.lstm = nn.LSTM(256, 256, 2, batch_first=True)
        self.head = nn.Linear(256, LETTERS)

    def forward(self, x):
        return self.head(self.lstm(self.table(x))[0]).flatten(0, 1)


class Attention(nn.Module):
    def __init__(self, features, heads):
        super().__init__()
        self.heads = heads
        self.project = nn.Linear(features, 3 * features)
        self.out = nn.Linear(features, features)

    def forward(self, x):
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in self.project(x).chunk(3, -1))
        return self.out(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2))


class Residual(nn.Module):
    def __init__(self, features, inner):
        super().__init__()
        self.norm, self.inner = nn.LayerNorm(features), inner

    def forward(self, x):
        return x + self.inner(self.norm(x))


def block(features, heads, activation):
    wide = nn.Sequential(nn.Linear(features, 4 * features), activation, nn.Linear(4 * features, features))
    return [Residual(features, Attention(features, heads)), Residual(features, wide)]


class GPT(nn.Module):
    def __init__(self, features=128, heads=4, blocks=4):
        super().__init__()
        self.table, self.positions = nn.Embedding(LETTERS, features), nn.Embedding(TIME, features)
        parts = []
        for _ in range(blocks):
            parts += block(features, heads, nn.GELU())
        self.blocks = nn.Sequential(*parts, nn.LayerNorm(features), nn.Linear(features, LETTERS))

    def forward(self, x):
        return self.blocks(self.table(x) + self.positions.weight[: x.shape[1]]).flatten(0, 1)


class GPT2(nn.Module):
    """The small model of Radford et al. 2019: the table of words is also the last layer."""

    def __init__(self, features, context, blocks):
        super().__init__()
        self.table, self.positions = nn.Embedding(WORDS, features), nn.Embedding(context, features)
        for table in (self.table, self.positions):
            nn.init.normal_(table.weight, std=0.02)
        parts = [part for _ in range(blocks) for part in block(features, features // 64, nn.GELU(approximate="tanh"))]
        self.blocks = nn.Sequential(*parts, nn.LayerNorm(features))

    def forward(self, x):
        rows = self.blocks(self.table(x) + self.positions.weight[: x.shape[1]])
        return F.linear(rows, self.table.weight).flatten(0, 1)


def images(batch, channels, size, classes):
    x = torch.randn(batch, channels, size, size).to(memory_format=torch.channels_last)
    return x, torch.randint(0, classes, (batch,))


def letters(batch, time=TIME, count=LETTERS):
    return torch.randint(0, count, (batch, time)), torch.randint(0, count, (batch * time,))


def trainings(a):
    """Model, data, loss, optimizer by name; each is made when it is called for."""
    sgd = lambda rate, momentum=0.0: lambda p, **_: torch.optim.SGD(p, rate, momentum=momentum)
    adam = lambda p, **options: torch.optim.Adam(p, 1e-3, **options)
    adamw = lambda p, **options: torch.optim.AdamW(p, 1e-3, **options)
    image, context = a.image, a.context or 1024
    n = lambda default: a.batch or default
    return {
        "train/playground-mlp-b10": (
            lambda: mlp([2, 4, 2, 1], nn.Tanh), lambda: (torch.randn(n(10), 2), torch.randn(n(10), 1)), F.mse_loss, sgd(0.03)),
        "train/mlp-mnist-b128-adam": (
            lambda: mlp([784, 512, 256, 10], nn.ReLU),
            lambda: (torch.randn(n(128), 784), torch.randint(0, 10, (n(128),))), F.cross_entropy, adam),
        "train/lenet5-b64-sgdm": (lenet, lambda: images(n(64), 1, image or 28, 10), F.cross_entropy, sgd(0.01, 0.9)),
        "train/resnet18-224-b8-sgdm": (
            lambda: resnet([2, 2, 2, 2], False), lambda: images(n(8), 3, image or 224, 1000), F.cross_entropy, sgd(0.01, 0.9)),
        "train/resnet50-224-b4-sgdm": (
            lambda: resnet([3, 4, 6, 3], True), lambda: images(n(4), 3, image or 224, 1000), F.cross_entropy, sgd(0.01, 0.9)),
        "train/charlm-lstm2x256-t64-b32-adam": (CharLM, lambda: letters(n(32)), F.cross_entropy, adam),
        "train/gpt-4x128-t64-b16-adamw": (GPT, lambda: letters(n(16)), F.cross_entropy, adamw),
        "train/gpt2-124m-t1024-b32-adamw": (
            lambda: GPT2(a.width or 768, context, a.layers or 12), lambda: letters(n(32), context, WORDS), F.cross_entropy, adamw),
    }


def training(make, data, loss, optimizer, a):
    model = make().to(a.device).train()
    x, y = (part.to(a.device) for part in data())
    if x.dim() == 4:
        model = model.to(memory_format=torch.channels_last)
    options = {"capturable": True} if a.mode == "graph" and a.device == "cuda" else {}
    update = optimizer(model.parameters(), **options)
    call = torch.compile(model, mode="max-autotune") if a.mode == "compile" else model

    def step():
        update.zero_grad(set_to_none=a.mode != "graph")
        with torch.autocast(a.device, torch.bfloat16, enabled=a.bf16, cache_enabled=a.mode != "graph"):
            value = loss(call(x).float(), y)
        value.backward()
        update.step()

    return step


def operation(a):
    dtype = torch.bfloat16 if a.bf16 else torch.float32
    make = lambda *shape: torch.randn(*shape, device=a.device, dtype=dtype)
    if a.name == "op/matmul1024":
        rows = a.image or 1024
        fn, operands = torch.matmul, (make(rows, rows), make(rows, rows))
    elif a.name == "op/conv3x3-64-56-n16":
        size = a.image or 56
        last = torch.channels_last
        fn = lambda x, w: F.conv2d(x, w, padding=1)
        operands = make(a.batch or 16, 64, size, size).to(memory_format=last), make(64, 64, 3, 3).to(memory_format=last)
    else:
        raise SystemExit(f"pytorch.py: no workload {a.name}")
    call = torch.compile(fn, mode="max-autotune") if a.mode == "compile" else fn

    def run():
        with torch.no_grad():
            call(*operands)

    return run


def captured(step):
    """The step as a CUDA graph, after runs on a stream of their own, as capturing wants them."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


def median_time(step, seconds, wait):
    for _ in range(3):
        step()
    wait()
    began = time.perf_counter()
    step()
    wait()
    runs = max(1, int(0.02 / (time.perf_counter() - began)))
    samples, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(samples) < 3:
        began = time.perf_counter()
        for _ in range(runs):
            step()
        wait()
        samples.append((time.perf_counter() - began) / runs)
    return statistics.median(samples) * 1000


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("seconds", type=float)
    parser.add_argument("mode", choices=["eager", "graph", "compile"])
    parser.add_argument("bf16", nargs="?", choices=["bf16"])
    for size in ("batch", "image", "layers", "width", "context"):
        parser.add_argument(f"--{size}", type=int)
    parser.add_argument("--device", default="cuda")
    a = parser.parse_args()
    a.bf16 = a.bf16 is not None
    torch.manual_seed(0)
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    known = trainings(a)
    step = training(*known[a.name], a) if a.name in known else operation(a)
    if a.mode == "graph":
        step = captured(step)
    wait = torch.cuda.synchronize if a.device == "cuda" else lambda: None
    print(median_time(step, a.seconds, wait))


if __name__ == "__main__":
    main()
