// Declarations for packages without types of their own, as far as the interop tests use them.
declare module 'socket.io-client-2' {
  const connect: (url: string, options?: object) => unknown;
  // biome-ignore lint/style/noDefaultExport: the package has one
  export default connect;
}

declare module 'socket.io-client-3' {
  export const io: (url: string, options?: object) => unknown;
}

declare module 'express-4' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  interface Response extends ServerResponse {
    json(body: unknown): void;
  }
  interface Application {
    (request: IncomingMessage, response: ServerResponse): void;
    get(path: string, answer: (request: IncomingMessage, response: Response) => void): void;
    use(layer: (request: IncomingMessage, response: Response, next: () => void) => void): void;
  }
  const express: () => Application;
  // biome-ignore lint/style/noDefaultExport: the package has one
  export default express;
}

declare module 'express-5' {
  export { default } from 'express-4';
}

declare module 'koa' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  class Koa {
    use(layer: (context: { body: unknown; path: string }, next: () => Promise<void>) => unknown): this;
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  }
  // biome-ignore lint/style/noDefaultExport: the package has one
  export default Koa;
}
