//! Networks of IPv4 addresses, by address and mask.

/// Networks, each with the number of its rule.
#[derive(Clone, Debug, Default)]
pub(crate) struct Networks {
    networks: Vec<(u32, u32, u32)>,
}

impl Networks {
    /// Makes a table of `(address, mask, rule)`, whose rules' numbers never
    /// descend. Any mask will do, and the address may have bits beyond it.
    pub(crate) fn new(
        networks: impl IntoIterator<Item = (u32, u32, u32)>,
    ) -> Networks {
        Networks { networks: networks.into_iter().collect() }
    }

    /// The smallest number, `from` or greater, of a rule one of whose
    /// networks has the address.
    pub(crate) fn first_from(&self, ip: u32, from: u32) -> Option<u32> {
        let start = self.networks.partition_point(|entry| entry.2 < from);
        let networks = self.networks.get(start..)?;
        networks
            .iter()
            .find(|(address, mask, _)| ip & mask == address & mask)
            .map(|(_, _, rule)| *rule)
    }
}
