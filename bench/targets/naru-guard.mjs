/**
 * Naru with a guard: a signed token of each client, and a limit of events that is not reached. The load cannot send
 * tokens, so the engine adds one to each request.
 */
import { jwt, protect } from '@naru/guard';
import { SignJWT } from 'jose';
import { Server } from 'naru';
import { serve } from './socket.io-apps.mjs';

const SECRET = 'a secret for the benchmark alone, of 32 bytes or more';
const FACTS = { secret: SECRET, issuer: 'https://login.example', audience: 'bench' };

const token = await new SignJWT()
  .setProtectedHeader({ alg: 'HS256' })
  .setIssuer(FACTS.issuer)
  .setAudience(FACTS.audience)
  .setSubject('42')
  .setIssuedAt()
  .setExpirationTime('1h')
  .sign(new TextEncoder().encode(SECRET));

class GuardedServer extends Server {
  /** @param {any} server @param {any} options */
  constructor(server, options) {
    super(server, options);
    this.engine.use((/** @type {any} */ request, /** @type {any} */ _response, /** @type {() => void} */ next) => {
      request.headers.authorization = `Bearer ${token}`;
      next();
    });
    protect(this, { tokens: jwt(FACTS), limits: { socket: { events: 1_000_000 } } });
  }
}

/** @param {string} app @param {Record<string, unknown>} options */
export function start(app, options) {
  return serve(GuardedServer, app, options);
}
