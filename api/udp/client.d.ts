// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// ConfigError
export { ConfigError } from 'naru/base';

// UdpClientOptions
interface UdpClientOptions extends OptionsOf<typeof udpClientTable> {
}

// UnavailableError
export { UnavailableError } from 'naru/base';

// udp
declare function udp(given?: UdpClientOptions): ClientWire;
