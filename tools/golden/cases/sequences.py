"""Attention, group normalisation, adaptive pooling, and the layers made of them, with weights as Hebb keeps them."""

import math

import torch
import torch.nn.functional as F
from torch.func import functional_call

from golden import Suite, bools, f64, floats

INF = math.inf


def suites():
    yield attention()
    yield group_norm()
    yield adaptive_pool()
    yield lstm()
    yield recurrent()
    yield multi_head_attention()


def attention():
    suite = Suite("attention")
    op = "scaledDotProductAttention"

    def case(name, q, k, v, attributes=None, mask=None, smooth=True, **torch_options):
        inputs = [floats(*q), floats(*k, seed=1), floats(*v, seed=2)] + ([] if mask is None else [mask])
        attend = lambda q, k, v, mask=None: F.scaled_dot_product_attention(q, k, v, attn_mask=mask, **torch_options)
        finite = mask is None or mask.dtype == torch.bool or bool(torch.isfinite(mask).all())
        suite.case(op, name, attend, inputs, attributes, smooth=smooth and finite)

    case("plain", [2, 3, 4], [2, 3, 4], [2, 3, 4])
    case("heads, other lengths", [2, 2, 3, 4], [2, 2, 5, 4], [2, 2, 5, 3])
    case("matrices", [3, 2], [4, 2], [4, 5])
    case("scale", [1, 3, 4], [1, 3, 4], [1, 3, 4], {"scale": 0.25}, scale=0.25)
    case("causal", [2, 4, 3], [2, 4, 3], [2, 4, 3], {"causal": True}, is_causal=True)
    case("causal, more queries", [2, 5, 3], [2, 3, 3], [2, 3, 2], {"causal": True}, is_causal=True)
    case("causal, more keys", [2, 3, 3], [2, 5, 3], [2, 5, 2], {"causal": True}, is_causal=True)
    case("bool mask", [2, 4, 3], [2, 5, 3], [2, 5, 2], mask=bools(4, 5, seed=2) | torch.eye(4, 5).bool())
    hidden = bools(2, 4, 5, seed=3)
    hidden[:, 1] = False
    case("a row that sees nothing", [2, 4, 3], [2, 5, 3], [2, 5, 2], mask=hidden)
    case("float mask", [2, 4, 3], [2, 5, 3], [2, 5, 2], mask=floats(4, 5, seed=4))
    case("float mask with -Infinity", [2, 2, 3], [2, 3, 3], [2, 3, 2], mask=f64(0.5, -INF, 1, -INF, -INF, -INF).reshape(2, 3))
    case("a mask for each key of a sequence", [2, 3, 2, 3], [2, 3, 4, 3], [2, 3, 4, 2], mask=torch.tensor([[1, 1, 1, 0], [0, 1, 0, 1]]).bool().reshape(2, 1, 1, 4))
    case("a bias for each head", [2, 2, 3, 2], [2, 2, 4, 2], [2, 2, 4, 2], mask=floats(2, 3, 4, seed=5))
    case("a bias for each query", [2, 3, 2], [2, 4, 2], [2, 4, 3], mask=floats(2, 3, 1, seed=6))
    case("batches that broadcast", [2, 1, 3, 2], [3, 4, 2], [4, 2])
    case("several blocks", [2, 70, 3], [2, 150, 3], [2, 150, 2], smooth=False)
    case("several blocks, causal", [1, 150, 3], [1, 140, 3], [1, 140, 2], {"causal": True}, smooth=False, is_causal=True)
    case("several blocks, masks", [2, 70, 3], [2, 150, 3], [2, 150, 2], mask=bools(70, 150, seed=7) & bools(70, 1, seed=8), smooth=False)

    def heads(qkv):
        return [part.transpose(-3, -2) for part in qkv.unbind(-3)]

    def packed(name, shape, attributes=None, mask=None, smooth=True, **torch_options):
        attend = lambda qkv, mask=None: F.scaled_dot_product_attention(*heads(qkv), attn_mask=mask, **torch_options).transpose(-3, -2).contiguous()
        suite.case("selfAttention", name, attend, [floats(*shape)] + ([] if mask is None else [mask]), attributes, smooth=smooth)

    packed("plain", [2, 3, 3, 2, 4])
    packed("one head, no batch", [4, 3, 1, 3])
    packed("scale, two batch axes", [1, 2, 3, 3, 2, 2], {"scale": 0.25}, scale=0.25)
    packed("causal", [2, 4, 3, 2, 3], {"causal": True}, is_causal=True)
    packed("bool mask", [2, 4, 3, 2, 3], mask=bools(4, 4, seed=2) | torch.eye(4).bool())
    packed("a mask for each key of a sequence", [2, 4, 3, 2, 3], mask=torch.tensor([[1, 1, 1, 0], [1, 1, 0, 1]]).bool().reshape(2, 1, 1, 4))
    packed("a bias for each head", [2, 3, 3, 2, 2], mask=floats(2, 3, 3, seed=5))
    packed("several blocks, causal", [1, 150, 3, 2, 3], {"causal": True}, smooth=False, is_causal=True)

    def with_log_sum_exp(q, k, v, mask=None):
        scores = q @ k.mT / math.sqrt(q.shape[-1])
        if mask is not None:
            scores = scores.masked_fill(~mask, -INF) if mask.dtype == torch.bool else scores + mask
        return scores.softmax(-1) @ v, scores.logsumexp(-1)

    operands = [floats(2, 3, 4), floats(2, 5, 4, seed=1), floats(2, 5, 2, seed=2)]
    suite.case("attention", "with the log-sum-exp", with_log_sum_exp, operands)
    seen = bools(3, 5, seed=2) | torch.eye(3, 5).bool()
    suite.case("attention", "with the log-sum-exp, bool mask", with_log_sum_exp, [*operands, seen])
    suite.case("attention", "with the log-sum-exp, float mask", with_log_sum_exp, [*operands, floats(2, 1, 5, seed=4)])

    def packed_with_log_sum_exp(qkv, mask=None):
        y, log_sum_exp = with_log_sum_exp(*heads(qkv), mask)
        return y.transpose(-3, -2).contiguous(), log_sum_exp

    suite.case("attention", "packed, with the log-sum-exp", packed_with_log_sum_exp, [floats(2, 3, 3, 2, 4)])
    suite.case("attention", "packed, with the log-sum-exp, float mask", packed_with_log_sum_exp, [floats(2, 3, 3, 2, 4), floats(2, 1, 3, seed=4)])
    return suite


def group_norm():
    suite = Suite("groupNorm")
    first = lambda x: x.movedim(-1, 1)
    last = lambda x: x.movedim(1, -1).contiguous()
    for shape, groups in (([2, 3, 2, 4], 2), ([2, 3, 6], 3), ([3, 4], 1), ([1, 2, 2, 2, 2], 2), ([2, 5, 3], 1)):
        fn = lambda x, gamma, beta: last(F.group_norm(first(x), groups, gamma, beta, 1e-5))
        inputs = [floats(*shape), floats(shape[-1], seed=1, low=0.5), floats(shape[-1], seed=2)]
        suite.case("groupNorm", f"{shape}, {groups} groups", fn, inputs, {"groups": groups, "epsilon": 1e-5})
    bare = lambda x: last(F.group_norm(first(x), 2, eps=1e-3))
    suite.case("groupNorm", "neither gamma nor beta", bare, [floats(2, 3, 3, 4)], {"groups": 2, "epsilon": 1e-3})
    instances = lambda x: last(F.instance_norm(first(x), eps=1e-5))
    suite.case("instanceNorm", "[2, 3, 3, 4]", instances, [floats(2, 3, 3, 4)])
    return suite


def adaptive_pool():
    suite = Suite("adaptivePool")
    sizes = [([2, 4, 6, 2], [2, 3]), ([1, 5, 7, 2], [2, 3]), ([1, 7, 4, 1], [3, 2]), ([2, 3, 3, 2], [1, 1]), ([1, 2, 3, 2], [4, 5]), ([0, 5, 5, 1], [2, 2])]
    for shape, size in sizes:
        pool = lambda x: F.adaptive_avg_pool2d(x.permute(0, 3, 1, 2), size).permute(0, 2, 3, 1).contiguous()
        suite.case("adaptiveAvgPool2d", f"{shape} to {size}", pool, [floats(*shape)], {"size": size})
    return suite


def lstm():
    """PyTorch's op with an identity for the input's weights; of the cells it returns the last only."""
    suite = Suite("lstm")

    def fn(projected, kernel, h0, c0):
        columns = projected.shape[2]
        none = torch.zeros(columns, dtype=torch.float64)
        weights = [torch.eye(columns, dtype=torch.float64), kernel.T, none, none]
        y, _, c = torch._VF.lstm(projected, (h0[None], c0[None]), weights, True, 1, 0.0, False, False, True)
        return y.contiguous(), c[0]

    for n, steps, units in ((2, 3, 2), (1, 1, 1), (3, 1, 2), (1, 4, 3), (5, 3, 9)):
        inputs = [floats(n, steps, 4 * units), floats(units, 4 * units, seed=1, low=-1, high=1), floats(n, units, seed=2), floats(n, units, seed=3)]
        suite.case("lstm", f"{n} x {steps} x {units}", fn, inputs, smooth=units < 9)
    return suite


def recurrent():
    """Weights [in, gates·units], [units, gates·units] and biases; PyTorch's second bias is zero where Hebb has one only."""
    suite = Suite("recurrent", package="layers")
    for name, module, gates in (("SimpleRNN", torch.nn.RNN, 1), ("LSTM", torch.nn.LSTM, 4), ("GRU", torch.nn.GRU, 3)):
        for layers in (1, 2):
            for sequences in (True, False):
                shapes = [shape for layer in range(layers) for shape in _weights(name, gates, 3 if layer == 0 else 2)]
                weights = [floats(*shape, seed=10 + i, low=-1, high=1) for i, shape in enumerate(shapes)]
                fn = _recurrence(module(3, 2, num_layers=layers, batch_first=True).double(), name, layers, sequences)
                title = f"{layers} layers, {'all steps' if sequences else 'the last step'}"
                attributes = {"units": 2, "layers": layers, "returnSequences": sequences}
                suite.case(name, title, fn, [floats(2, 4, 3), *weights], attributes)
    return suite


def _weights(name, gates, inputs, units=2):
    biases = 2 if name == "GRU" else 1
    return [[inputs, gates * units], [units, gates * units]] + [[gates * units]] * biases


def _recurrence(module, name, layers, sequences):
    def fn(x, *weights):
        each = len(weights) // layers
        named = {}
        for layer in range(layers):
            kernel, recurrent, bias, *rest = weights[layer * each : (layer + 1) * each]
            named[f"weight_ih_l{layer}"] = kernel.T
            named[f"weight_hh_l{layer}"] = recurrent.T
            named[f"bias_ih_l{layer}"] = bias
            named[f"bias_hh_l{layer}"] = rest[0] if rest else torch.zeros_like(bias)
        y = functional_call(module, named, (x,))[0]
        return y.contiguous() if sequences else y[:, -1]

    return fn


def multi_head_attention():
    suite = Suite("multiHeadAttention", package="layers")
    for heads, causal, bias in ((2, False, True), (2, True, True), (1, False, False), (4, True, False)):
        module = torch.nn.MultiheadAttention(4, heads, bias=bias, batch_first=True).double()

        def fn(x, *weights):
            names = ["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"] if bias else ["in_proj_weight", "out_proj.weight"]
            named = {name: w.T if name.endswith("weight") else w for name, w in zip(names, weights)}
            mask = torch.nn.Transformer.generate_square_subsequent_mask(3, dtype=torch.float64) if causal else None
            return functional_call(module, named, (x, x, x), {"need_weights": False, "attn_mask": mask})[0]

        shapes = [[4, 12], [12], [4, 4], [4]] if bias else [[4, 12], [4, 4]]
        inputs = [floats(2, 3, 4), *(floats(*shape, seed=10 + i, low=-1, high=1) for i, shape in enumerate(shapes))]
        name = f"{heads} heads{', causal' if causal else ''}{'' if bias else ', no bias'}"
        suite.case("MultiHeadAttention", name, fn, inputs, {"heads": heads, "causal": causal, "useBias": bias})
    return suite
