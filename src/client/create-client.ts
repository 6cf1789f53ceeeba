/** Makes the client of one platform: the shared classes, with the parts of that platform. */
import type { DefaultEventsMap, EventsMap } from '../base/event-map.js';
import { checkEngineOptions } from './check-options.js';
import { EngineSocket } from './engine/engine.js';
import type { EngineOptions } from './engine/options.js';
import type { Platform } from './engine/platform.js';
import { hasChecks, hasNode } from './features.js';
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
      super(uri, options, platform, (...args) => new Socket(...args));
      if (hasNode) platform.accompany?.(this);
    }
  }
  return { io: createIo(PlatformManager, hasNode ? platform.rewrite : undefined), Manager: PlatformManager };
}

/** Makes the `EngineSocket` of a platform. */
export function createEngineClass(platform: Platform): EngineSocketClass {
  return class PlatformEngineSocket extends EngineSocket {
    constructor(uri?: string | EngineOptions, options?: EngineOptions) {
      if (hasChecks) checkEngineOptions(typeof uri === 'object' ? uri : options);
      super(uri, options, platform);
    }
  };
}
