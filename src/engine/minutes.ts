/** Minutes as a venue counts them, over REST. */
import { TickringError } from '../model/errors.js';
import { MINUTES_PER_REQUEST_MAX, type Venue, type VenueMinute } from '../model/venue.js';
import type { RestClient } from './rest.js';

const MINUTE_MS = 60_000;

/** Null where the venue is not asked for them. Throws `ARGUMENT_RANGE` for more than one request gives, `VENUE_REST`. */
export async function fetchMinutes(
  venue: Venue,
  restUrl: string,
  symbol: string,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  { rest, signal }: { readonly rest: RestClient; readonly signal: AbortSignal },
): Promise<VenueMinute[] | null> {
  if (venue.minutes === undefined) return null;
  const count = (toMs - fromMs) / MINUTE_MS;
  if (!(count >= 1 && count <= MINUTES_PER_REQUEST_MAX))
    throw new TickringError('ARGUMENT_RANGE', `${count} minutes are outside 1 ..= ${MINUTES_PER_REQUEST_MAX}`);
  const request = venue.minutes.request(symbol, fromMs, toMs);
  const body = await rest.get(venue, restUrl, request, signal);
  try {
    return venue.minutes.read(body.toString('utf8')).filter(({ startMs }) => startMs >= fromMs && startMs < toMs);
  } catch (error) {
    const where = `${venue.name} ${request.path.split('?')[0]}`;
    throw new TickringError('VENUE_REST', `${where} answered another shape than minutes have`, { cause: error });
  }
}
