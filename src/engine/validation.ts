import type { EngineConfig, FeedConfig, ValidationRules } from '../model/config.js';

/** The rules of a feed's symbol; undefined: its events are not looked at. */
export function rulesOf(config: EngineConfig, feed: FeedConfig, symbol: string): ValidationRules | undefined {
  const rules = feed.validation ?? config.validation ?? null;
  return rules?.symbols[symbol] ?? rules?.rules;
}
