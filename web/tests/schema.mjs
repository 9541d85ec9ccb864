// What is wrong with a value by a schema of docs/formats/openapi.json, as sentences. A keyword
// that is not known here is an error: what it asks for would be held by nobody.

const kTypes = {
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  integer: Number.isInteger,
  number: Number.isFinite,
  null: (value) => value === null,
};
const kFormats = {
  'date-time': (text) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) &&
    !Number.isNaN(Date.parse(text)),
};

const is_a = (type, value) => {
  if (kTypes[type] === undefined) throw new Error(`the type ${type} is not known`);
  return kTypes[type](value);
};
const say = (is_right, at, text) => (is_right ? [] : [`${at} ${text}`]);
const is_of = (type, { value }) => is_a(type, value);

function of_properties(wanted, of) {
  if (!is_of('object', of)) return [];
  return Object.keys(wanted).filter((name) => Object.hasOwn(of.value, name)).flatMap((name) =>
    problems_of(of.document, wanted[name], of.value[name], `${of.at}.${name}`));
}

function of_others(wanted, of) {
  if (!is_of('object', of)) return [];
  const known = of.schema.properties ?? {};
  const others = Object.keys(of.value).filter((name) => !Object.hasOwn(known, name));
  return others.flatMap((name) => (wanted === false ? [`${of.at}.${name} is not in the schema`]
    : problems_of(of.document, wanted, of.value[name], `${of.at}.${name}`)));
}

function of_format(wanted, { value, at }) {
  if (kFormats[wanted] === undefined) throw new Error(`the format ${wanted} is not known`);
  return say(typeof value !== 'string' || kFormats[wanted](value), at, `is no ${wanted}: ${value}`);
}

const kKeywords = {
  description: () => [],
  $ref: (name, { document, value, at }) => problems_of(document,
    name.slice(2).split('/').reduce((part, key) => part[key], document), value, at),
  type: (wanted, { value, at }) => say([wanted].flat().some((type) => is_a(type, value)), at,
    `is no ${[wanted].flat().join(' or ')}: ${JSON.stringify(value)?.slice(0, 40)}`),
  enum: (wanted, { value, at }) => say(wanted.includes(value), at, `is not in the list: ${value}`),
  format: of_format,
  minimum: (least, of) => say(!is_of('number', of) || of.value >= least, of.at, `< ${least}`),
  maximum: (most, of) => say(!is_of('number', of) || of.value <= most, of.at, `> ${most}`),
  required: (names, of) => (!is_of('object', of) ? [] : names.flatMap((name) =>
    say(Object.hasOwn(of.value, name), of.at, `lacks ${name}`))),
  properties: of_properties,
  additionalProperties: of_others,
  items: (wanted, of) => (!is_of('array', of) ? [] : of.value.flatMap((one, i) =>
    problems_of(of.document, wanted, one, `${of.at}[${i}]`))),
  anyOf: (all, { document, value, at }) => {
    const found = all.map((one) => problems_of(document, one, value, at));
    return found.some((problems) => problems.length === 0) ? [] : found.flat();
  },
};

export function problems_of(document, schema, value, at) {
  return Object.entries(schema).flatMap(([keyword, wanted]) => {
    if (kKeywords[keyword] === undefined) throw new Error(`the keyword ${keyword} is not known`);
    return kKeywords[keyword](wanted, { document, schema, value, at });
  });
}
