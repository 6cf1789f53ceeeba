// Makes the import of lmdb fail, as if its native part were missing: `node --import <this file>`.
import { register } from 'node:module';

const hooks = `export async function resolve(specifier, context, next) {
  if (specifier === 'lmdb') throw new Error('no native build');
  return next(specifier, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
