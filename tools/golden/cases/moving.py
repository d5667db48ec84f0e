"""Ops that move values: reshape, transpose, broadcastTo, concat, slice, tile."""

import torch

from golden import Suite, bools, floats, ints


def suites():
    yield reshape()
    yield transpose()
    yield broadcast_to()
    yield concat()
    yield slices()
    yield tile()


def reshape():
    suite = Suite("reshape")
    for shape, target in (([2, 3, 4], [4, 6]), ([2, 3, 4], [-1]), ([2, 3, 4], [2, -1, 2]), ([1], []), ([], [1, 1]), ([0, 3], [3, 0]), ([6], [1, 2, 1, 3])):
        suite.case("reshape", f"{shape} to {target}", lambda x: x.reshape(target), [floats(*shape)], {"shape": target})
    for shape, axes in (([1, 3, 1], None), ([1, 3, 1], [0]), ([1, 3, 1], [-1]), ([1, 3, 1], [0, 2]), ([1, 1], None), ([1, 0], None)):
        squeezed = lambda x: x.squeeze() if axes is None else x.squeeze(axes)
        suite.case("squeeze", f"{shape} {axes}", squeezed, [floats(*shape)], {} if axes is None else {"axes": axes})
    for axis in (0, 1, 2, -1, -2):
        suite.case("expandDims", f"axis {axis}", lambda x: x.unsqueeze(axis), [floats(2, 3)], {"axis": axis})
    for start in (0, 1, 2):
        suite.case("flatten", f"from {start}", lambda x: x.flatten(start), [floats(2, 3, 4)], {"start": start})
    return suite


def transpose():
    suite = Suite("transpose")
    for shape, order in (([3, 4], [1, 0]), ([2, 3, 4], [0, 2, 1]), ([2, 3, 4], [2, 0, 1]), ([2, 3, 4], [1, 0, 2]), ([2, 3, 4, 5], [0, 3, 1, 2]), ([2, 1, 3, 2, 2], [4, 2, 0, 1, 3]), ([0, 3], [1, 0]), ([40, 35], [1, 0])):
        x = floats(*shape)
        suite.case("transpose", f"{shape} by {order}", lambda x: x.permute(order).contiguous(), [x], {"permutation": order}, smooth=x.numel() < 500)
    suite.case("transpose", "reversed", lambda x: x.permute(2, 1, 0).contiguous(), [floats(2, 3, 4)])
    for x in (ints(3, 4), ints(3, 4, dtype=torch.int64), ints(3, 4, low=0, dtype=torch.uint8), bools(3, 4)):
        suite.case("transpose", str(x.dtype)[6:], lambda x: x.t().contiguous(), [x])
    return suite


def broadcast_to():
    suite = Suite("broadcastTo")
    for shape, target in (([3], [2, 3]), ([2, 1], [2, 3]), ([], [2, 2]), ([1, 3, 1], [2, 3, 4]), ([2, 1, 2, 1], [3, 2, 2, 2, 2]), ([1, 3], [0, 3]), ([3], [3])):
        suite.case("broadcastTo", f"{shape} to {target}", lambda x: x.broadcast_to(target).clone(), [floats(*shape)], {"shape": target})
    for x in (ints(3, 1), ints(3, 1, dtype=torch.int64), ints(3, 1, low=0, dtype=torch.uint8), bools(3, 1)):
        suite.case("broadcastTo", str(x.dtype)[6:], lambda x: x.broadcast_to([3, 2]).clone(), [x], {"shape": [3, 2]})
    return suite


def concat():
    suite = Suite("concat")
    for axis, shapes in ((0, [[2, 3], [1, 3], [3, 3]]), (1, [[2, 3], [2, 1]]), (-1, [[2, 2, 1], [2, 2, 4]]), (1, [[2, 2, 3], [2, 1, 3], [2, 3, 3]]), (0, [[0, 3], [2, 3]]), (0, [[4]])):
        inputs = [floats(*shape, seed=i) for i, shape in enumerate(shapes)]
        suite.case("concat", f"{shapes} along {axis}", lambda *xs: torch.cat(xs, axis), inputs, {"axis": axis})
    for dtype in (torch.int32, torch.int64, torch.uint8, torch.bool):
        suite.case("concat", str(dtype)[6:], lambda *xs: torch.cat(xs), [ints(2, low=0, dtype=dtype), ints(3, low=0, seed=1, dtype=dtype)], {"axis": 0})
    for axis in (0, 1, -1):
        suite.case("stack", f"along {axis}", lambda *xs: torch.stack(xs, axis), [floats(2, 3), floats(2, 3, seed=1)], {"axis": axis})
    return suite


def slices():
    suite = Suite("slice")

    def cut(start, size, step):
        def fn(x):
            for axis, (s, n, d) in enumerate(zip(start, size, step)):
                count = x.shape[axis] - s if n == -1 else n
                x = x.index_select(axis, torch.tensor([s + i * d for i in range(count)], dtype=torch.int64))
            return x

        return fn

    for shape, start, size, step in (
        ([4, 5], [1, 2], [2, 3], [1, 1]),
        ([4, 5], [1, 2], [-1, -1], [1, 1]),
        ([4, 5], [3, 4], [4, 3], [-1, -2]),
        ([7], [0], [3], [3]),
        ([7], [6], [7], [-1]),
        ([2, 6, 3], [0, 1, 2], [2, 3, 1], [1, 2, 1]),
        ([2, 6, 3], [1, 5, 2], [1, 2, 3], [-1, -4, -1]),
        ([4], [4], [0], [1]),
        ([0, 3], [0, 0], [0, 2], [1, 1]),
    ):
        attributes = {"start": start, "size": size, "step": step}
        suite.case("slice", f"{shape} from {start}, {size} by {step}", cut(start, size, step), [floats(*shape)], attributes)
    for x in (ints(6), ints(6, dtype=torch.int64), ints(6, low=0, dtype=torch.uint8), bools(6)):
        suite.case("slice", str(x.dtype)[6:], cut([5], [3], [-2]), [x], {"start": [5], "size": [3], "step": [-2]})
    for shape, parts, axis in (([6, 2], 3, 0), ([2, 5], [1, 0, 4], 1), ([2, 4], 2, -1)):
        sizes = shape[axis] // parts if isinstance(parts, int) else parts
        suite.case("split", f"{shape} into {parts} along {axis}", lambda x: [p.clone() for p in x.split(sizes, axis)], [floats(*shape)], {"parts": parts, "axis": axis})
    for shape, axes in (([5], None), ([2, 3], None), ([2, 3], [1]), ([2, 3, 2], [0, -1]), ([1, 3], [0])):
        suite.case("flip", f"{shape} {axes}", lambda x: x.flip(list(range(len(shape))) if axes is None else axes), [floats(*shape)], {} if axes is None else {"axes": axes})
    for shape, widths, value in (([3], [[1, 2]], 0), ([2, 3], [[0, 1], [2, 0]], 0), ([2, 3], [[1, 1], [1, 1]], 1.5), ([0, 2], [[1, 1], [0, 0]], 2), ([], [], 0), ([2, 1, 2], [[1, 0], [0, 2], [1, 1]], -1)):
        flat = [n for pair in reversed(widths) for n in pair]
        padded = lambda x: torch.nn.functional.pad(x, flat, value=value) if flat else x.clone()
        suite.case("pad", f"{shape} by {widths} with {value}", padded, [floats(*shape)], {"widths": widths, "value": value})
    for dtype in (torch.int32, torch.int64, torch.uint8):
        suite.case("pad", str(dtype)[6:], lambda x: torch.nn.functional.pad(x, [1, 2], value=7), [ints(4, low=0, dtype=dtype)], {"widths": [[1, 2]], "value": 7})
    return suite


def tile():
    suite = Suite("tile")
    for shape, repeats in (([3], [2]), ([2, 3], [1, 2]), ([2, 3], [3, 2]), ([2, 1, 2], [1, 3, 2]), ([2], [0]), ([], [])):
        suite.case("tile", f"{shape} {repeats}", lambda x: x.tile(repeats) if repeats else x.clone(), [floats(*shape)], {"repeats": repeats})
    suite.case("tile", "int64", lambda x: x.tile([2, 2]), [ints(2, 2, dtype=torch.int64)], {"repeats": [2, 2]})
    return suite
