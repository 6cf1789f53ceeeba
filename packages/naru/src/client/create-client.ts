/** Makes the client of one platform: the shared classes, with the parts of that platform. */
import type { DefaultEventsMap, EventsMap } from '../base/event-map.js';
import { printLines } from './debug.js';
import { checkAddress, checkEngineOptions, checkTransports, checkWires } from './engine/check-options.js';
import { EngineSocket } from './engine/engine.js';
import type { EngineOptions } from './engine/options.js';
import { type Platform, withWires } from './engine/platform.js';
import { hasChecks, hasNode, hasTaps } from './features.js';
import { createIo, type Io, type ManagerClass } from './socket/io.js';
import { Manager } from './socket/manager.js';
import type { ClientOptions } from './socket/options.js';
import { Socket } from './socket/socket.js';

/** The class `EngineSocket` as a platform exports it. */
export interface EngineSocketClass {
  readonly prototype: EngineSocket;
  readonly protocol: number;
  new (uri?: string | EngineOptions, options?: EngineOptions): EngineSocket;
}

/** Makes the `io` and `Manager` of a platform. */
export function createClient(platform: Platform): { io: Io; Manager: ManagerClass } {
  class PlatformManager<
    ListenEvents extends EventsMap = DefaultEventsMap,
    EmitEvents extends EventsMap = ListenEvents,
  > extends Manager<Socket<ListenEvents, EmitEvents>> {
    constructor(uri?: string | ClientOptions, options?: ClientOptions) {
      const own = hasNode ? platformOf(uri, options, platform) : platform;
      if (hasChecks) check(uri, options, own);
      super(uri, options, own, Socket);
      if (hasNode) own.accompany?.(this);
      if (hasTaps) printLines(this);
    }
  }
  const rewrite = (uri: string, options: ClientOptions): string => {
    // A completed address would hide what is wrong with it.
    if (hasChecks) checkAddress(uri, platformOf(options, undefined, platform));
    return platform.rewrite?.(uri) ?? uri;
  };
  return { io: createIo(PlatformManager, hasNode ? rewrite : undefined), Manager: PlatformManager };
}

/** Returns the platform with the wires that the options give. */
function platformOf(uri: unknown, options: EngineOptions | undefined, platform: Platform): Platform {
  const { wires } = ((typeof uri === 'object' ? uri : options) ?? {}) as EngineOptions;
  if (hasChecks) checkWires(wires);
  return withWires(platform, wires);
}

function check(uri: unknown, options: object | undefined, platform: Platform): void {
  checkAddress(uri, platform);
  checkTransports(typeof uri === 'object' ? (uri ?? undefined) : options, platform);
}

/** Makes the `EngineSocket` of a platform. */
export function createEngineClass(platform: Platform): EngineSocketClass {
  return class PlatformEngineSocket extends EngineSocket {
    constructor(uri?: string | EngineOptions, options?: EngineOptions) {
      const own = hasNode ? platformOf(uri, options, platform) : platform;
      if (hasChecks) check(uri, options, own);
      if (hasChecks) checkEngineOptions(typeof uri === 'object' ? uri : options);
      super(uri, typeof uri === 'object' ? uri : options, own);
    }
  };
}
