//! Networks of IPv4 addresses, by address and mask.

use std::collections::HashMap;

use super::hash::{Filter, Secret, Slots};

/// Networks, each with the number of its rule.
///
/// For every mask in use, the address is looked up by hash.
#[derive(Clone, Debug, Default)]
pub(crate) struct Networks {
    networks: Box<[Network]>,
    index: Option<Index>,
}

#[derive(Clone, Copy, Debug)]
struct Network {
    /// Without bits beyond the mask.
    address: u32,
    mask: u32,
    rule: u32,
}

#[derive(Clone, Debug)]
struct Index {
    secret: Secret,
    filter: Filter,
    /// The first network of each address and mask.
    slots: Slots,
    /// A first network, and another of the same address and mask; in order.
    others: Vec<(u32, u32)>,
    /// By the first network that has it.
    masks: Vec<Mask>,
}

#[derive(Clone, Copy, Debug)]
struct Mask {
    mask: u32,
    first: u32,
    last: u32,
}

/// So many networks are tried one by one.
const FEW: usize = 8;

impl Networks {
    /// Makes a table of `(address, mask, rule)`, whose rules' numbers never
    /// descend. Any mask will do, and the address may have bits beyond it.
    pub(crate) fn new(
        networks: impl IntoIterator<Item = (u32, u32, u32)>,
    ) -> Networks {
        let networks = networks.into_iter().map(|(address, mask, rule)| {
            Network { address: address & mask, mask, rule }
        });
        let networks: Box<[Network]> = networks.collect();
        debug_assert!(networks.is_sorted_by_key(|network| network.rule));
        let index = (networks.len() > FEW).then(|| Index::new(&networks));
        Networks { networks, index }
    }

    /// The smallest number, `from` or greater, of a rule one of whose
    /// networks has the address.
    pub(crate) fn first_from(&self, ip: u32, from: u32) -> Option<u32> {
        let start = match self.networks.first()?.rule {
            first if first >= from => 0,
            _ => self.networks.partition_point(|net| net.rule < from),
        };
        let found = match &self.index {
            Some(index) => {
                let start = u32::try_from(start).ok()?;
                let found = index.first(&self.networks, ip, start)?;
                self.networks.get(found as usize)
            }
            None => {
                let rest = self.networks.get(start..)?;
                rest.iter().find(|net| ip & net.mask == net.address)
            }
        };
        found.map(|network| network.rule)
    }
}

impl Networks {
    /// The smallest number, `from` or greater, of any rule.
    pub(crate) fn rule_from(&self, from: u32) -> Option<u32> {
        let at = self.networks.partition_point(|net| net.rule < from);
        self.networks.get(at).map(|network| network.rule)
    }
}

impl Index {
    fn new(networks: &[Network]) -> Index {
        let mut index = Index {
            secret: Secret::new(),
            filter: Filter::new(networks.len()),
            slots: Slots::new(networks.len(), networks.len() + 1),
            others: Vec::new(),
            masks: Vec::new(),
        };
        let mut numbers: HashMap<u32, usize> = HashMap::new();
        for (number, network) in (0..).zip(networks) {
            let (address, mask) = (network.address, network.mask);
            let masks = &mut index.masks;
            let at = *numbers.entry(mask).or_insert_with(|| {
                masks.push(Mask { mask, first: number, last: number });
                masks.len() - 1
            });
            if let Some(mask) = masks.get_mut(at) {
                mask.last = number;
            }
            let hash = index.hash(address, mask);
            match index.same(networks, hash, address, mask) {
                Some(first) => index.others.push((first, number)),
                None => {
                    index.filter.insert(hash);
                    index.slots.insert(hash, number);
                }
            }
        }
        index.others.sort_unstable();
        index
    }

    /// The first network, `start` or one behind it, that has the address.
    fn first(&self, networks: &[Network], ip: u32, start: u32) -> Option<u32> {
        let mut best = u32::MAX;
        for mask in &self.masks {
            if mask.first >= best {
                break;
            }
            if mask.last < start {
                continue;
            }
            let address = ip & mask.mask;
            let hash = self.hash(address, mask.mask);
            match self.same(networks, hash, address, mask.mask) {
                Some(first) if first >= start => best = best.min(first),
                Some(first) => {
                    let key = (first, start);
                    let at = self.others.partition_point(|pair| *pair < key);
                    match self.others.get(at) {
                        Some(pair) if pair.0 == first => {
                            best = best.min(pair.1);
                        }
                        _ => {}
                    }
                }
                None => {}
            }
        }
        (best != u32::MAX).then_some(best)
    }

    /// The first network of an address and a mask, which have this hash.
    fn same(
        &self,
        networks: &[Network],
        hash: u64,
        address: u32,
        mask: u32,
    ) -> Option<u32> {
        if self.filter.bit(hash) == 0 {
            return None;
        }
        self.slots.candidates(hash).find(|number| {
            let network = networks.get(*number as usize);
            network.is_some_and(|n| n.address == address && n.mask == mask)
        })
    }

    #[inline]
    fn hash(&self, address: u32, mask: u32) -> u64 {
        let word = u64::from(mask) << 32 | u64::from(address);
        self.secret.step(self.secret.start(), word)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn naive(networks: &[(u32, u32, u32)], ip: u32, from: u32) -> Option<u32> {
        let found = networks.iter().find(|(address, mask, rule)| {
            *rule >= from && ip & mask == address & mask
        });
        found.map(|network| network.2)
    }

    fn number() -> impl Strategy<Value = u32> {
        prop_oneof![
            0_u32..4,
            any::<u32>(),
            (0_u32..32).prop_map(|n| u32::MAX << n),
            (0_u32..4).prop_map(|n| n << 30 | 1),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]

        #[test]
        fn as_one_by_one(
            networks in vec((number(), number(), 0_u32..3), 0..40),
            ip in number(),
            from in 0_u32..40,
        ) {
            let mut networks = networks;
            let mut rule = 0;
            for network in &mut networks {
                rule += network.2;
                network.2 = rule;
            }
            let table = Networks::new(networks.iter().copied());
            let mut from = Some(from);
            while let Some(number) = from {
                let found = table.first_from(ip, number);
                prop_assert_eq!(found, naive(&networks, ip, number));
                from = found.map(|rule| rule + 1);
            }
            let first = table.first_from(ip, 0);
            prop_assert_eq!(first, naive(&networks, ip, 0));
        }
    }

    #[test]
    fn many_masks_end() {
        let all = (0..50_000_u32).map(|n| (n ^ 1, n.reverse_bits() | 1, n));
        let networks: Vec<_> = all.collect();
        let table = Networks::new(networks.iter().copied());
        for ip in [0, 1, 2, u32::MAX] {
            assert_eq!(table.first_from(ip, 9), naive(&networks, ip, 9));
        }
    }
}
