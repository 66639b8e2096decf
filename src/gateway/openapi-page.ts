/** The OpenAPI document as a page: made once, without scripts, asking for nothing. */
import { createHash } from 'node:crypto';
import type { Document, DocumentOperation } from './openapi.js';

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
section { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: .75rem 0; }
h2 { font: 600 1rem/1.5 ui-monospace, monospace; margin: 0; }
h2 span { display: inline-block; min-width: 4.5em; text-transform: uppercase; }
table { border-collapse: collapse; margin: .5rem 0; }
td { padding: .1rem 1rem .1rem 0; vertical-align: top; }
code, pre { font: .85rem/1.45 ui-monospace, monospace; }
pre { overflow: auto; max-height: 24rem; padding: .5rem; background: color-mix(in srgb, currentColor 7%, transparent); }
`;

/** Nothing but its own style. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
const pretty = (value: unknown): string => escaped(JSON.stringify(value, null, 2));

function operationHtml(
  path: string,
  method: string,
  { summary, parameters, requestBody, responses }: DocumentOperation,
): string {
  const rows = parameters.map(
    ({ name, in: place, required, schema }) =>
      `<tr><td><code>${escaped(name)}</code><td>${place}${required ? ', required' : ''}<td><code>${pretty(schema)}</code>`,
  );
  const answers = Object.entries(responses).map(([status, answer]) => {
    const isOk = status.startsWith('2');
    return isOk
      ? `<details><summary>${status} ${escaped(answer.description)}</summary><pre>${pretty(answer)}</pre></details>`
      : '';
  });
  const problems = Object.keys(responses).filter((status) => !status.startsWith('2'));
  return `<section id="${escaped(`${method}-${path}`)}"><h2><span>${method}</span> ${escaped(path)}</h2><p>${escaped(summary)}</p>
${rows.length > 0 ? `<table>${rows.join('')}</table>` : ''}
${requestBody === undefined ? '' : `<details><summary>body</summary><pre>${pretty(requestBody)}</pre></details>`}
${answers.join('')}<p>Problems: ${problems.join(', ')}</p></section>`;
}

/** The page. */
export function documentPage({ info, paths }: Document): string {
  const sections = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationHtml(path, method, operation)),
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(info.title)}</title><style>${STYLE}</style>
<h1>${escaped(info.title)} <small>${escaped(info.version)}</small></h1><p>${escaped(info.description)}</p>
<p>The same for programs: <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1). WebSocket: <code>/ws</code>.</p>
${sections.join('\n')}</html>`;
}
