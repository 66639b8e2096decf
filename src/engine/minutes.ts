/** Minutes as a venue counts them, over REST. */
import { TickringError } from '../model/errors.js';
import { MINUTES_PER_REQUEST_MAX, type Venue, type VenueMinute, type VenueMinutes } from '../model/venue.js';
import type { RestClient } from './rest.js';

const MINUTE_MS = 60_000;

/** What stays the same from one request to the next. */
interface Asked {
  readonly venue: Venue;
  readonly minutes: VenueMinutes;
  readonly restUrl: string;
  readonly symbol: string;
  readonly rest: RestClient;
  readonly signal: AbortSignal;
}

/** Null where the venue is not asked for them. Throws `ARGUMENT_RANGE` for more than are asked for at once, `VENUE_REST`. */
export async function fetchMinutes(
  venue: Venue,
  restUrl: string,
  symbol: string,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  { rest, signal }: { readonly rest: RestClient; readonly signal: AbortSignal },
): Promise<VenueMinute[] | null> {
  const { minutes } = venue;
  if (minutes === undefined) return null;
  const count = (toMs - fromMs) / MINUTE_MS;
  if (!(count >= 1 && count <= MINUTES_PER_REQUEST_MAX))
    throw new TickringError('ARGUMENT_RANGE', `${count} minutes are outside 1 ..= ${MINUTES_PER_REQUEST_MAX}`);
  const asked = { venue, minutes, restUrl, symbol, rest, signal };
  const stepMs = (minutes.perRequest ?? MINUTES_PER_REQUEST_MAX) * MINUTE_MS;
  const found: VenueMinute[] = [];
  for (let from = fromMs; from < toMs; from += stepMs) found.push(...(await page(asked, from, Math.min(from + stepMs, toMs))));
  return found;
}

async function page(
  { venue, minutes, restUrl, symbol, rest, signal }: Asked,
  fromMs: number,
  toMs: number,
): Promise<VenueMinute[]> {
  const request = minutes.request(symbol, fromMs, toMs);
  const body = await rest.get(venue, restUrl, request, signal);
  try {
    return minutes.read(body.toString('utf8'), symbol).filter(({ startMs }) => startMs >= fromMs && startMs < toMs);
  } catch (error) {
    const where = `${venue.name} ${request.path.split('?')[0]}`;
    throw new TickringError('VENUE_REST', `${where} answered another shape than minutes have`, { cause: error });
  }
}
