"""Ops with indices: gather, oneHot."""

import torch

from golden import Suite, bools, floats, ints

INDEX = (torch.int32, torch.int64, torch.uint8)


def suites():
    yield gather()
    yield one_hot()


def _gather(axis):
    """The axis replaced by the shape of the indices, as numpy.take."""

    def fn(x, k):
        at = axis % x.dim()
        flat = x.index_select(at, k.reshape(-1).long())
        return flat.reshape((*x.shape[:at], *k.shape, *x.shape[at + 1 :]))

    return fn


def gather():
    suite = Suite("gather")
    for shape, indices, axis in (([5, 3], [4], 0), ([5, 3], [2, 2], 0), ([3, 5], [4], 1), ([2, 4, 3], [3], 1), ([2, 4, 3], [5], -1), ([4], [], 0), ([4, 2], [0], 0), ([4, 0], [3], 0)):
        k = ints(*indices, low=0, high=shape[axis] - 1 if shape[axis] else 0)
        suite.case("gather", f"{shape} at {indices} along {axis}", _gather(axis), [floats(*shape), k], {"axis": axis})
    for dtype in INDEX:
        k = ints(6, low=0, high=3, dtype=dtype)
        suite.case("gather", f"indices {str(dtype)[6:]}", _gather(0), [floats(4, 2), k], {"axis": 0})
        values = ints(4, 2, low=0, dtype=dtype)
        suite.case("gather", f"values {str(dtype)[6:]}", _gather(0), [values, ints(6, low=0, high=3)], {"axis": 0})
        scattered = lambda g, k: torch.zeros(4, 2, dtype=g.dtype).index_add(0, k.long(), g)
        suite.case("scatterAdd", f"indices {str(dtype)[6:]}", scattered, [floats(6, 2), k], {"shape": [4, 2], "axis": 0})
        suite.case("scatterAdd", f"values {str(dtype)[6:]}", scattered, [ints(6, 2, low=0, dtype=dtype), ints(6, low=0, high=3)], {"shape": [4, 2], "axis": 0})
    suite.case("gather", "bool", _gather(0), [bools(4, 2), ints(3, low=0, high=3)], {"axis": 0})
    for shape, n, axis in (([5, 3], 4, 0), ([3, 5], 7, 1), ([2, 4, 3], 3, 1), ([2, 3], 0, 0), ([1, 3], 5, 0)):
        values = [n if i == axis else dim for i, dim in enumerate(shape)]
        fn = lambda g, k: torch.zeros(shape, dtype=g.dtype).index_add(axis, k.long(), g)
        suite.case("scatterAdd", f"{values} into {shape} along {axis}", fn, [floats(*values), ints(n, low=0, high=shape[axis] - 1)], {"shape": shape, "axis": axis})
    for shape, n, axis in (([5, 3], 2, 0), ([3, 5], 7, 1), ([2, 4, 3], 3, 1), ([2, 4, 3], 6, -1), ([2, 3], 0, 1)):
        at = axis % len(shape)
        along = [n if i == at else dim for i, dim in enumerate(shape)]
        k = ints(*along, low=0, high=shape[at] - 1)
        suite.case("takeAlongAxis", f"{shape} at {along} along {axis}", lambda x, k: x.gather(at, k.long()), [floats(*shape), k], {"axis": axis})
        fn = lambda g, k: torch.zeros(shape, dtype=g.dtype).scatter_add(at, k.long(), g)
        suite.case("scatterAddAlongAxis", f"{along} into {shape} along {axis}", fn, [floats(*along), k], {"shape": shape, "axis": axis})
    for dtype in INDEX:
        k = ints(2, 3, low=0, high=3, dtype=dtype)
        suite.case("takeAlongAxis", f"indices {str(dtype)[6:]}", lambda x, k: x.gather(1, k.long()), [floats(2, 4), k], {"axis": 1})
        fn = lambda g, k: torch.zeros(2, 4, dtype=g.dtype).scatter_add(1, k.long(), g)
        suite.case("scatterAddAlongAxis", f"indices {str(dtype)[6:]}", fn, [floats(2, 3), k], {"shape": [2, 4], "axis": 1})
    return suite


def one_hot():
    suite = Suite("oneHot")
    for dtype in INDEX:
        for shape in ([5], [2, 3], [], [0]):
            fn = lambda k: torch.nn.functional.one_hot(k.long(), 4).float()
            suite.case("oneHot", f"{str(dtype)[6:]} {shape}", fn, [ints(*shape, low=0, high=3, dtype=dtype)], {"depth": 4})
    fn = lambda k: torch.nn.functional.one_hot(k.long(), 3).to(torch.int32) * 4 + 1
    suite.case("oneHot", "on and off, int32", fn, [ints(4, low=0, high=2)], {"depth": 3, "on": 5, "off": 1, "dtype": "int32"})
    return suite
