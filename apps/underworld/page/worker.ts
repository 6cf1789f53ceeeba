/** Starts the service worker, which shows the page while the server cannot be reached. */

/** The part of Trusted Types that the policy of the page asks for. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

/** Starts the worker. Only secure pages and localhost have one. */
export function startWorker(): void {
  const { serviceWorker } = navigator as { serviceWorker?: ServiceWorkerContainer };
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  const policy = trustedTypes?.createPolicy('worker', { createScriptURL: () => WORKER });
  void serviceWorker?.register(policy?.createScriptURL(WORKER) ?? WORKER).catch(ignore);
}

// Without the worker, the page works as long as there is a connection.
function ignore(): void {}

const WORKER = '/worker.js';
