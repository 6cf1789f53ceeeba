/** Assigns addresses to the networks of subscribers. A subscriber usually has one IPv4 address or one IPv6 network. */

const MAPPED = '::ffff:';
/** Prefix of IPv4 addresses that a network translates to IPv6. RFC 6052, section 2.1. */
const TRANSLATED = '64:ff9b::';
const GROUPS = 8;
/** Number of 16-bit groups that name the network: 64 bits. */
const NETWORK_GROUPS = 4;

/**
 * Returns the network of an address in the system's notation. An IPv4 address, also one mapped or translated to IPv6,
 * is its own network. The network of an IPv6 address is its first 64 bits, such as `2001:db8:0:1::/64`. All peers
 * without an address, such as those of Unix sockets, form one network.
 */
export function networkOf(address: string | undefined): string {
  if (address === undefined || !address.includes(':')) return address ?? '';
  if (address.startsWith(MAPPED) && address.includes('.')) return address.slice(MAPPED.length);
  const translated = address.startsWith(TRANSLATED) ? groupsOf(address.slice(TRANSLATED.length)) : [];
  if (translated.length === 1 || translated.length === 2) return fromGroups(translated);
  const [head = '', tail] = address.split('::');
  const groups = groupsOf(head);
  if (tail !== undefined) {
    const after = groupsOf(tail);
    while (groups.length + after.length < GROUPS) groups.push('0');
    groups.push(...after);
  }
  return `${groups.slice(0, NETWORK_GROUPS).join(':')}::/64`;
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':');
}

/** Writes one or two groups, the last 32 bits of an address, as an IPv4 address. */
function fromGroups(groups: readonly string[]): string {
  const [low, high] = groups.toReversed().map((group) => Number.parseInt(group, 16));
  const bits = ((high ?? 0) << 16) | (low ?? 0);
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 0xff).join('.');
}
