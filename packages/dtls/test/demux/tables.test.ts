import * as fc from "fast-check";
import { expect, test } from "vitest";
import { AddressTable } from "../../src/demux/address-table.ts";
import { CidTable } from "../../src/demux/cid-table.ts";

interface Row {
  readConnectionId: Uint8Array | undefined;
  path: { address: string; port: number };
  nextByCid: Row | undefined;
  nextByAddress: Row | undefined;
}

function row(id: number): Row {
  return {
    readConnectionId: Uint8Array.of(id >> 8, id & 0xff),
    path: { address: `10.0.0.${id % 7}`, port: 1 + (id % 3) },
    nextByCid: undefined,
    nextByAddress: undefined,
  };
}

const operations = fc.array(fc.tuple(fc.boolean(), fc.nat(400)), { maxLength: 1000 });

test("a CID finds its row, and only while the row is in the table", () => {
  fc.assert(
    fc.property(operations, (steps) => {
      const table = new CidTable<Row>();
      const model = new Map<number, Row>();
      for (const [isAdding, id] of steps) {
        const known = model.get(id);
        if (isAdding && known === undefined) {
          const added = row(id);
          table.add(added);
          model.set(id, added);
        } else if (!isAdding) {
          table.remove(known ?? row(id));
          model.delete(id);
        }
      }
      expect(table.size).toBe(model.size);
      for (let id = 0; id <= 400; id += 1) {
        const datagram = Uint8Array.of(9, 9, id >> 8, id & 0xff, 9);
        expect(table.find(datagram, 2, 2)).toBe(model.get(id));
      }
      expect(table.find(Uint8Array.of(0, 1, 0), 0, 3)).toBe(undefined);
    }),
  );
});

test("an address finds all its rows, the newest first", () => {
  fc.assert(
    fc.property(operations, fc.integer(), (steps, seed) => {
      const table = new AddressTable<Row>(seed);
      let model: [number, Row][] = [];
      for (const [isAdding, id] of steps) {
        const known = model.find(([key]) => key === id)?.[1];
        if (isAdding && known === undefined) {
          const added = row(id);
          table.add(added);
          model.push([id, added]);
        } else if (!isAdding) {
          table.remove(known ?? row(id));
          model = model.filter(([key]) => key !== id);
        }
      }
      expect(table.size).toBe(model.length);
      expect(new Set(table.rows())).toEqual(new Set(model.map(([, each]) => each)));
      for (let id = 0; id < 21; id += 1) {
        const { address, port } = row(id).path;
        const found: Row[] = [];
        for (let each = table.first(address, port); each; each = table.after(each))
          found.push(each);
        const expected = model
          .map(([, each]) => each)
          .filter(({ path }) => path.address === address && path.port === port);
        expect(found).toEqual(expected.reverse());
      }
      expect(table.first("10.0.0.1", 9)).toBe(undefined);
    }),
  );
});
