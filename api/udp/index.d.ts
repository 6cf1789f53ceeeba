// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// ConfigError
export { ConfigError } from 'naru/base';

// UdpOptions
interface UdpOptions extends OptionsOf<typeof udpTable> {
}

// UnavailableError
export { UnavailableError } from 'naru/base';

// WebRtcOptions
interface WebRtcOptions extends OptionsOf<typeof webrtcTable> {
}

// udp
declare function udp(options?: UdpOptions): Wire;

// webrtc
declare function webrtc(options?: WebRtcOptions): Wire;
