/** Peers from npm, and what Node can do alone. Arguments: folder of the corpus, symbol. */
import { ccxtClient, ccxtMessage } from './ccxt.mjs';
import { maps, parse, sortedArrays } from './json.mjs';
import { orderbooks } from './orderbooks.mjs';
import { loadCorpus, serve } from './protocol.mjs';
import { tardisBook, tardisSnapshots } from './tardis.mjs';

const [directory, symbol] = process.argv.slice(2);
const corpus = loadCorpus(directory, symbol);
const makers = {
  'json-parse': parse,
  'json-map': maps,
  'json-arrays': sortedArrays,
  'ccxt-pro': ccxtClient,
  'ccxt-pro-message': ccxtMessage,
  orderbooks: orderbooks(Number.MAX_SAFE_INTEGER),
  'orderbooks-250': orderbooks(250),
  'tardis-dev': tardisBook,
  'tardis-dev-snapshots': tardisSnapshots,
};
const node = { 'json-parse': process.version, 'json-map': process.version, 'json-arrays': process.version };
await serve(Object.fromEntries(Object.entries(makers).map(([name, make]) => [name, () => make(corpus)])), corpus, node);
process.exit(0);
