/**
 * Which methods each route takes: what a 405 answer lists. Looked at only when no route matched.
 */
export class RouteTable {
  private readonly methodsByPattern = new Map<string, Set<string>>();

  add(methods: string | readonly string[], pattern: string): void {
    const known = this.methodsByPattern.get(pattern) ?? new Set<string>();
    for (const method of typeof methods === 'string' ? [methods] : methods) {
      known.add(method);
    }
    this.methodsByPattern.set(pattern, known);
  }

  /** Every route as `METHOD /pattern`, sorted; without the HEAD that Fastify adds to each GET. */
  list(): string[] {
    return [...this.methodsByPattern]
      .flatMap(([pattern, methods]) => [...methods].map((method) => `${method} ${pattern}`))
      .filter((route) => !route.startsWith('HEAD '))
      .toSorted();
  }

  /** The methods of every pattern that the path fits, sorted; empty where none fits. */
  methodsOf(url: string): string[] {
    const path = url.split('?', 1)[0] ?? url;
    const methods = new Set<string>();
    for (const [pattern, known] of this.methodsByPattern) {
      if (fits(pattern, path)) {
        for (const method of known) {
          methods.add(method);
        }
      }
    }
    return [...methods].toSorted();
  }
}

/** Segments are equal, or the pattern's is a parameter (`:id`); a `*` at its end takes the rest. */
function fits(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  const given = path.split('/');
  for (const [index, segment] of wanted.entries()) {
    if (segment === '*') {
      return true;
    }
    const actual = given[index];
    if (actual === undefined || (segment.startsWith(':') ? actual === '' : segment !== actual)) {
      return false;
    }
  }
  return wanted.length === given.length;
}
