/**
 * Reads and writes the header Sec-WebSocket-Extensions, a list of extensions with parameters. RFC 6455, section 9.1.
 */

/** One extension of the header. A parameter without a value is `true`. */
export interface Extension {
  readonly name: string;
  readonly params: readonly (readonly [name: string, value: string | true])[];
}

// A quoted value must be a token without its quotes (RFC 6455, section 9.1), so it contains neither comma nor
// semicolon.
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const NAME_FORM = new RegExp(`^${TOKEN}$`);
const PARAM_FORM = new RegExp(`^(${TOKEN})(?:[ \\t]*=[ \\t]*(?:(${TOKEN})|"(${TOKEN})"))?$`);

// Node's headers may have 16 KiB. An honest offer never has more extensions than this.
const EXTENSIONS_MAX = 32;

/** Parses the extensions in a header value. Returns `undefined` if it is malformed. */
export function parseExtensions(value: string | readonly string[] | undefined): Extension[] | undefined {
  if (value === undefined) return [];
  const text = typeof value === 'string' ? value : value.join(',');
  const extensions: Extension[] = [];
  for (const part of text.split(',')) {
    const [first = '', ...rest] = part.split(';');
    const name = first.trim();
    if (!NAME_FORM.test(name) || extensions.length === EXTENSIONS_MAX) return undefined;
    const params: [string, string | true][] = [];
    for (const param of rest) {
      const match = PARAM_FORM.exec(param.trim());
      const key = match?.[1];
      if (key === undefined) return undefined;
      params.push([key, match?.[2] ?? match?.[3] ?? true]);
    }
    extensions.push({ name, params });
  }
  return extensions;
}

/** Writes extensions as a header value. */
export function formatExtensions(extensions: readonly Extension[]): string {
  return extensions
    .map(({ name, params }) => [name, ...params.map(([key, value]) => (value === true ? key : `${key}=${value}`))])
    .map((parts) => parts.join('; '))
    .join(', ');
}
