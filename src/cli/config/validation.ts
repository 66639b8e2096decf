/** Rules of validation: those of all feeds, changed by a feed key by key, and by a symbol of it. */
import { z } from 'zod';
import type { ValidationConfig, ValidationRules } from '../../model/config.js';
import { TickringError } from '../../model/errors.js';
import { spelled } from './symbols.js';

const PPM = 1_000_000;

const price = z
  .string()
  .regex(/^(?!0+(\.0+)?$)(0|[1-9]\d{0,17})(\.\d{1,18})?$/, 'is no price above 0 as decimal text, in quotes');
const limit = (max: number) => z.int().min(0).max(max);

const rules = z.strictObject({
  price_min: price.optional(),
  price_max: price.optional(),
  outlier_mads: limit(1_000_000),
  outlier_bps: limit(1_000_000),
  volume_factor: limit(1_000_000),
  time_back_ms: limit(86_400_000),
  time_ahead_ms: limit(86_400_000),
  spread_bps: limit(1_000_000),
  completeness: z.number().min(0).max(1),
});

type Keys = z.output<typeof rules>;

/** What `native/core/src/validate.rs` takes for plausible. */
const DEFAULTS: Keys = {
  outlier_mads: 12,
  outlier_bps: 100,
  volume_factor: 50,
  time_back_ms: 1_000,
  time_ahead_ms: 5_000,
  spread_bps: 500,
  completeness: 0.99,
};

/** `validation`: of all feeds. */
export const validationSchema = rules
  .partial()
  .extend({ enabled: z.boolean().default(true) })
  .prefault({});

/** `feeds[].validation`: what differs in this feed, and in symbols of it. */
export const feedValidationSchema = rules
  .partial()
  .extend({
    enabled: z.boolean().optional(),
    symbols: z.record(z.string().transform(spelled), rules.partial()).default({}),
  })
  .optional();

/** Keys of a feed's `validation`, or of a symbol in it. */
export function validationKeysAt(path: readonly PropertyKey[]): readonly string[] {
  return Object.keys(path[0] === 'symbols' ? rules.shape : feedValidationSchema.unwrap().shape);
}

type Settings = z.output<typeof validationSchema>;
type FeedSettings = z.output<typeof feedValidationSchema>;

function rulesOf(keys: Keys): ValidationRules {
  return {
    ...(keys.price_min === undefined ? {} : { priceMin: keys.price_min }),
    ...(keys.price_max === undefined ? {} : { priceMax: keys.price_max }),
    outlierMads: keys.outlier_mads,
    outlierBps: keys.outlier_bps,
    volumeFactor: keys.volume_factor,
    timeBackMs: keys.time_back_ms,
    timeAheadMs: keys.time_ahead_ms,
    spreadBps: keys.spread_bps,
    completenessPpm: Math.round(keys.completeness * PPM),
  };
}

/** What a rule is where nothing is configured. */
export function defaultRules(): ValidationRules {
  return rulesOf(DEFAULTS);
}

/** Keys that were given, over those that were before. */
function over(before: Keys, given: Partial<{ [Key in keyof Keys]: Keys[Key] | undefined }>): Keys {
  return { ...before, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}

/** At eighteen decimals, which no price exceeds. */
function priceOf(text: string): bigint {
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(18, '0'));
}

function checked(keys: Keys, where: string): ValidationRules {
  const { price_min: min, price_max: max } = keys;
  if (min !== undefined && max !== undefined && priceOf(min) > priceOf(max))
    throw new TickringError('CONFIG_INVALID', `${where}: price_min ${min} exceeds price_max ${max}`);
  return rulesOf(keys);
}

/** The rules of a feed, or of all where none is given; null where validation is off. `where` names the place in errors. */
export function validationOf(
  { enabled, ...all }: Settings,
  feed?: FeedSettings,
  where = 'validation',
): ValidationConfig | null {
  if (!(feed?.enabled ?? enabled)) return null;
  const { enabled: _, symbols = {}, ...given } = feed ?? {};
  const keys = over(over(DEFAULTS, all), given);
  const ofSymbols = Object.entries(symbols).map(([symbol, own]) => [
    symbol,
    checked(over(keys, own), `${where}.symbols.${symbol}`),
  ]);
  return { rules: checked(keys, where), symbols: Object.fromEntries(ofSymbols) };
}

function keysOf(of: ValidationRules): Keys {
  return {
    ...(of.priceMin === undefined ? {} : { price_min: of.priceMin }),
    ...(of.priceMax === undefined ? {} : { price_max: of.priceMax }),
    outlier_mads: of.outlierMads,
    outlier_bps: of.outlierBps,
    volume_factor: of.volumeFactor,
    time_back_ms: of.timeBackMs,
    time_ahead_ms: of.timeAheadMs,
    spread_bps: of.spreadBps,
    completeness: of.completenessPpm / PPM,
  };
}

/** The same as keys of the file. */
export function validationSettings(config: ValidationConfig | null | undefined): object {
  if (config === null || config === undefined) return { enabled: false };
  const symbols = Object.entries(config.symbols).map(([symbol, of]) => [symbol, keysOf(of)]);
  return { ...keysOf(config.rules), ...(symbols.length === 0 ? {} : { symbols: Object.fromEntries(symbols) }) };
}
