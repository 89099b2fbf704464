// Sums up a heap snapshot of V8: how many objects of each kind there are, and how many bytes they take.
import { readFileSync } from 'node:fs';

export interface Held {
  readonly count: number;
  readonly bytes: number;
}

/** By the name of the constructor; what an object keeps outside itself (elements, properties, a table) counts as its. */
export type HeapSummary = ReadonlyMap<string, Held>;

interface Snapshot {
  readonly snapshot: {
    readonly meta: {
      readonly node_fields: readonly string[];
      readonly node_types: readonly [readonly string[], ...unknown[]];
      readonly edge_fields: readonly string[];
      readonly edge_types: readonly [readonly string[], ...unknown[]];
    };
  };
  readonly nodes: readonly number[];
  readonly edges: readonly number[];
  readonly strings: readonly string[];
}

/** The internal edges by which V8 hangs the outer parts of an object to it. */
const partEdges = new Set(['elements', 'properties', 'table', 'backing_store']);

export function summarizeHeap(path: string): HeapSummary {
  const { snapshot, nodes, edges, strings } = JSON.parse(readFileSync(path, 'utf8')) as Snapshot;
  const { node_fields, node_types, edge_fields, edge_types } = snapshot.meta;
  const [nodeSize, edgeSize] = [node_fields.length, edge_fields.length];
  const [type, name, selfSize, edgeCount] = ['type', 'name', 'self_size', 'edge_count'].map((field) =>
    node_fields.indexOf(field),
  ) as [number, number, number, number];
  const [edgeType, edgeName, toNode] = ['type', 'name_or_index', 'to_node'].map((field) =>
    edge_fields.indexOf(field),
  ) as [number, number, number];
  const internal = edge_types[0].indexOf('internal');
  const object = node_types[0].indexOf('object');

  /** For the part of an object, where that object is. */
  const owners = new Map<number, number>();
  for (let node = 0, edge = 0; node < nodes.length; node += nodeSize) {
    for (let left = nodes[node + edgeCount]!; left > 0; left--, edge += edgeSize) {
      if (nodes[node + type] !== object || edges[edge + edgeType] !== internal) continue;
      if (partEdges.has(strings[edges[edge + edgeName]!]!)) owners.set(edges[edge + toNode]!, node);
    }
  }

  const kinds = new Map<string, { count: number; bytes: number }>();
  for (let node = 0; node < nodes.length; node += nodeSize) {
    const owner = owners.get(node);
    const kind = kindOf(
      node_types[0][nodes[(owner ?? node) + type]!]!,
      strings[nodes[(owner ?? node) + name]!]!,
    );
    const held = kinds.get(kind) ?? { count: 0, bytes: 0 };
    if (owner === undefined) held.count++;
    held.bytes += nodes[node + selfSize]!;
    kinds.set(kind, held);
  }
  return kinds;
}

function kindOf(type: string, name: string): string {
  switch (type) {
    case 'object':
    case 'native':
      return name;
    case 'closure':
      return `function ${name}`;
    case 'string':
    case 'concatenated string':
    case 'sliced string':
      return 'strings';
    case 'number':
      return 'numbers';
    default:
      return name === '' || type === 'code' || type === 'object shape' ? `(${type})` : name;
  }
}
