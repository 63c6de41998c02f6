"""Slow twins of what Parquet's pages hold: runs of numbers, one bit and one number at a time."""

from __future__ import annotations


def varint(number):
    """Return a number as bytes of seven bits, the lowest first."""
    out = []
    while number >= 128:
        out.append(number % 128 + 128)
        number //= 128
    return [*out, number]


def encode(numbers, bits, sizes):
    """Return numbers as runs.

    Args:
        numbers: Below 2^bits.
        bits: Bits of each.
        sizes: For each run its kind and size: ("same", n) repeats one number, ("groups", n) is n times eight.
            Once they are used up, groups follow.
    """
    out, at = [], 0
    sizes = list(sizes)
    while at < len(numbers):
        kind, size = sizes.pop(0) if sizes else ("groups", 1)
        if kind == "same":
            size = next((k for k in range(size) if numbers[at : at + k + 1] != [numbers[at]] * (k + 1)), size)
            out += varint(2 * size)
            out += [numbers[at] >> shift & 255 for shift in range(0, bits, 8)]
            at += size
            continue
        part = [*numbers[at : at + 8 * size]]
        part += [0] * (8 * size - len(part))
        text = "".join(format(number, f"0{bits}b")[::-1] for number in part) if bits else ""
        out += varint(2 * size + 1)
        out += [int(text[k : k + 8][::-1], 2) for k in range(0, len(text), 8)]
        at += 8 * size
    return bytes(out)


def decode(data, bits, n):
    """Return the first `n` numbers of runs; None where the data end before."""
    found, at = [], 0
    while len(found) < n:
        header = shift = 0
        while True:
            if at >= len(data) or shift > 28:
                return None
            byte = data[at]
            at += 1
            header += (byte % 128) << shift
            shift += 7
            if byte < 128:
                break
        size = header // 2
        if size == 0:
            return None
        if header % 2 == 0:
            value = data[at : at + (bits + 7) // 8]
            if len(value) < (bits + 7) // 8:
                return None
            at += len(value)
            found += [int.from_bytes(value, "little")] * min(size, n - len(found))
            continue
        part = data[at : at + size * bits]
        if len(part) < size * bits:
            return None
        at += len(part)
        whole = int.from_bytes(part, "little")
        count = min(8 * size, n - len(found))
        found += [whole >> (k * bits) & (2**bits - 1) for k in range(count)]
    return found
