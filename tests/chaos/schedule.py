"""Which fault comes when: rounds in which every one occurs once, shuffled by the seed. The same seed is the same sequence."""
import random


def sequence(faults, site, seed):
    """Endless (number, fault, variant, rng of that step). What is chosen depends on the seed alone, not on the time."""
    names = sorted(name for name, fault in faults.items() if site in fault.sites)
    order = random.Random(f"{seed} {site}")
    number = 0
    round_number = 0
    while names:
        order.shuffle(names)
        for name in names:
            number += 1
            yield number, faults[name], round_number + seed, random.Random(f"{seed} {site} {number}")
        round_number += 1
