import { words_of } from './api_client.ts';
import { list_of, maybe, number_of, object_of, text_of } from './json.ts';
import type { JsonObject } from './json.ts';

// What the studies found, as docs/formats says. Reports are read tolerantly: a number that a
// report lacks is null, and a study that is not known is shown by its title alone.

export type StudyEntry = {
  readonly name: string;
  readonly title: string;
};

export function studies_of(body: unknown): StudyEntry[] {
  return list_of((one, at) => {
    const from = object_of(one, at);
    const name = text_of(from['name'], `${at}.name`);
    return { name, title: maybe(text_of, from['title'], `${at}.title`) ?? name };
  }, object_of(body, 'body')['studies'], 'studies');
}

// The ends are those of a 95 % interval.
export type Estimate = { readonly value: number; readonly low: number; readonly high: number };

function estimate_of(value: unknown, field: string): Estimate {
  const from = object_of(value, field);
  const middle = number_of(from['value'], `${field}.value`);
  return {
    value: middle,
    low: maybe(number_of, from['low'], `${field}.low`) ?? middle,
    high: maybe(number_of, from['high'], `${field}.high`) ?? middle,
  };
}
const at_of = (from: JsonObject, name: string, at: string): Estimate | null =>
  maybe(estimate_of, from[name], `${at}.${name}`);
const entries_of = <T>(
  read: (from: JsonObject, at: string) => T, value: unknown, field: string,
): T[] => list_of((one, at) => read(object_of(one, at), at), value ?? [], field);

// --- Claims ------------------------------------------------------------------------------------

export type ClaimPart = {
  readonly what: string;
  readonly estimate: Estimate | null;
  readonly expected: string | null; // null: told, and judges nothing
  readonly verdict: string | null;
};
export type Claim = {
  readonly number: number;
  readonly name: string;
  readonly statement: string;
  readonly measure: string | null;
  readonly verdict: string;
  readonly parts: readonly ClaimPart[];
};
export type Claims = {
  readonly kind: 'claims';
  readonly rule: string | null;
  readonly replicas: number | null;
  readonly claims: readonly Claim[];
};

function claims_of(from: JsonObject): Claims {
  return {
    kind: 'claims',
    rule: maybe(text_of, from['rule'], 'rule'),
    replicas: maybe(number_of, from['replicas'], 'replicas'),
    claims: entries_of((claim, at) => ({
      number: number_of(claim['number'], `${at}.number`),
      name: maybe(text_of, claim['name'], `${at}.name`) ?? '',
      statement: text_of(claim['statement'], `${at}.statement`),
      measure: maybe(text_of, claim['measure'], `${at}.measure`),
      verdict: text_of(claim['verdict'], `${at}.verdict`),
      parts: entries_of((part, here) => ({
        what: text_of(part['what'], `${here}.what`),
        estimate: at_of(part, 'estimate', here),
        expected: maybe(text_of, part['expected'], `${here}.expected`),
        verdict: maybe(text_of, part['verdict'], `${here}.verdict`),
      }), claim['parts'], `${at}.parts`),
    }), from['claims'], 'claims'),
  };
}

// --- Recovery ----------------------------------------------------------------------------------

export type RecoveryTarget = {
  readonly map: string;
  readonly value: Estimate | null;
  readonly most: number | null;
  readonly is_met: boolean | null;
};
export type RecoveryScenario = {
  readonly name: string;
  readonly about: string | null;
  readonly targets: readonly RecoveryTarget[];
  readonly floor_l1: Estimate | null;
  readonly full: RecoveryScores;
  readonly throttled: RecoveryScores;
};
export type RecoveryScores = {
  readonly excess_l1: Estimate | null;
  readonly bias: Estimate | null;
  readonly coverage_80: Estimate | null;
  readonly intensity_coverage_80: Estimate | null;
};
export type Recovery = {
  readonly kind: 'recovery';
  readonly replicas: number | null;
  readonly scenarios: readonly RecoveryScenario[];
};

function recovery_scores_of(value: unknown, at: string): RecoveryScores {
  const from = maybe(object_of, value, at) ?? {};
  return {
    excess_l1: at_of(from, 'excess_l1_5', at),
    bias: at_of(from, 'bias_5', at),
    coverage_80: at_of(from, 'coverage_80', at),
    intensity_coverage_80: at_of(from, 'intensity_coverage_80', at),
  };
}

function recovery_of(from: JsonObject): Recovery {
  const request = maybe(object_of, from['request'], 'request') ?? {};
  return {
    kind: 'recovery',
    replicas: maybe(number_of, request['replicas'], 'request.replicas'),
    scenarios: entries_of((one, at) => {
      const maps = maybe(object_of, one['maps'], `${at}.maps`) ?? {};
      const floor = maybe(object_of, one['floor'], `${at}.floor`) ?? {};
      return {
        name: text_of(one['name'], `${at}.name`),
        about: maybe(text_of, one['about'], `${at}.about`),
        targets: entries_of((target, here) => ({
          map: text_of(target['map'], `${here}.map`),
          value: at_of(target, 'excess_l1_5', here),
          most: maybe(number_of, target['most'], `${here}.most`),
          is_met: typeof target['is_met'] === 'boolean' ? target['is_met'] : null,
        }), one['targets'], `${at}.targets`),
        floor_l1: at_of(floor, 'relative_l1_5', `${at}.floor`),
        full: recovery_scores_of(maps['faultline_full'], `${at}.maps.faultline_full`),
        throttled: recovery_scores_of(
          maps['faultline_throttled'], `${at}.maps.faultline_throttled`),
      };
    }, from['scenarios'], 'scenarios'),
  };
}

// --- Skill of the map --------------------------------------------------------------------------

export type SkillScore = {
  readonly contestant: string;
  readonly about: string | null;
  readonly is_in_hour: boolean;
  readonly is_placebo: boolean;
  readonly r_squared: Estimate | null;
};
export type SkillIncrement = {
  readonly contestant: string;
  readonly over: string;
  readonly r_squared: Estimate | null;
};
export type SkillBand = {
  readonly contestant: string;
  readonly level: number;
  readonly coverage: Estimate | null;
  readonly coverage_long: Estimate | null;
  readonly coverage_short: Estimate | null;
};
export type SkillWindow = {
  readonly name: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly hours: number | null;
  readonly scores: readonly SkillScore[];
  readonly increments: readonly SkillIncrement[];
  readonly bands: readonly SkillBand[];
};
export type SkillTarget = {
  readonly what: string;
  readonly value: Estimate | null;
  readonly required: string | null;
  readonly is_met: boolean;
};
export type MapSkill = {
  readonly kind: 'map_skill';
  readonly instrument: string | null;
  readonly windows: readonly SkillWindow[];
  readonly targets: readonly SkillTarget[];
};

function skill_bands_of(value: unknown, field: string): SkillBand[] {
  return entries_of((timing, at) => {
    const contestant = maybe(text_of, timing['contestant'], `${at}.contestant`) ?? '';
    return entries_of((band, here) => ({
      contestant,
      level: number_of(band['level'], `${here}.level`),
      coverage: at_of(band, 'coverage', here),
      coverage_long: at_of(band, 'coverage_long', here),
      coverage_short: at_of(band, 'coverage_short', here),
    }), timing['bands'], `${at}.bands`);
  }, value, field).flat();
}

function skill_window_of(one: JsonObject, at: string): SkillWindow {
  return {
    name: text_of(one['name'], `${at}.name`),
    from: maybe(text_of, one['from'], `${at}.from`),
    to: maybe(text_of, one['to'], `${at}.to`),
    hours: maybe(number_of, one['hours'], `${at}.hours`),
    scores: entries_of((score, here) => ({
      contestant: text_of(score['contestant'], `${here}.contestant`),
      about: maybe(text_of, score['about'], `${here}.about`),
      is_in_hour: score['timing'] === 'in_hour',
      is_placebo: score['is_placebo'] === true,
      r_squared: at_of(score, 'r_squared', here),
    }), one['scores'], `${at}.scores`),
    increments: entries_of((gain, here) => ({
      contestant: text_of(gain['contestant'], `${here}.contestant`),
      over: text_of(gain['over'], `${here}.over`),
      r_squared: at_of(gain, 'r_squared', here),
    }), one['increments'], `${at}.increments`),
    bands: skill_bands_of(one['liquidation_interval'], `${at}.liquidation_interval`),
  };
}

function map_skill_of(from: JsonObject): MapSkill {
  return {
    kind: 'map_skill',
    instrument: maybe(text_of, from['instrument'], 'instrument'),
    windows: entries_of(skill_window_of, from['windows'], 'windows'),
    targets: entries_of((target, at) => ({
      what: text_of(target['what'], `${at}.what`),
      value: at_of(target, 'value', at),
      required: required_text(target['required']),
      is_met: target['is_met'] === true,
    }), from['targets'], 'targets'),
  };
}

const required_text = (value: unknown): string | null =>
  (typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null);

// --- Any study ---------------------------------------------------------------------------------

export type OtherStudy = { readonly kind: 'other'; readonly problem: string | null };
export type Study = Claims | Recovery | MapSkill | OtherStudy;

// By what the report calls itself, and not by its name in the list: that is the file's.
export function study_of(body: unknown): Study {
  try {
    const from = object_of(body, 'study');
    if (from['study'] === 'claims') return claims_of(from);
    if (from['study'] === 'recovery') return recovery_of(from);
    if (from['study'] === 'map_skill') return map_skill_of(from);
    return { kind: 'other', problem: null };
  } catch (error) {
    return { kind: 'other', problem: words_of(error) };
  }
}
