/** Shapes that older consumers read: every member by its name and type. More members may be there. */

/** `'string'`, `'number'` …; `'x|null'`; an array's one element stands for all; an object's members are all required. */
export type Shape = string | readonly [Shape] | { readonly [member: string]: Shape };

/** Where a value differs from its shape; empty when it does not. */
export function differences(value: unknown, shape: Shape, place = '$'): string[] {
  if (typeof shape === 'string') {
    const types = shape.split('|');
    const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
    if (types.includes(type)) return [];
    // Times are RFC 3339 in UTC.
    if (types.includes('time') && type === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(String(value)))
      return [];
    return [`${place} is ${type} ${JSON.stringify(value)?.slice(0, 60)}, not ${shape}`];
  }
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) return [`${place} is no array`];
    if (value.length === 0) return [`${place} is empty, which shows nothing`];
    return value.flatMap((element, index) => differences(element, shape[0] as Shape, `${place}[${index}]`));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${place} is no object`];
  const members = value as Record<string, unknown>;
  return Object.entries(shape).flatMap(([name, member]) =>
    Object.hasOwn(members, name) ? differences(members[name], member, `${place}.${name}`) : [`${place}.${name} is missing`],
  );
}
