/** Whose an address is: what one subscriber usually has, which with IPv6 is a network of its own. */

const MAPPED = '::ffff:';
/** What stands before IPv4 addresses that a network translates. RFC 6052, section 2.1. */
const TRANSLATED = '64:ff9b::';
const GROUPS = 8;
/** Groups of 16 bits that name the network: 64 bits. */
const NETWORK_GROUPS = 4;

/**
 * An IPv4 address itself, also where it stands in one of IPv6, mapped or translated; of IPv6 the first 64 bits, as `2001:db8:0:1::/64`.
 * What has no address, as a Unix socket has none, is one network. `address` is as the system writes it.
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

/** The last 32 bits as an IPv4 address. */
function fromGroups(groups: readonly string[]): string {
  const [low, high] = groups.toReversed().map((group) => Number.parseInt(group, 16));
  const bits = ((high ?? 0) << 16) | (low ?? 0);
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 0xff).join('.');
}
