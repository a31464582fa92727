// Runs in the base image: copies node, the libraries it has loaded, and who may run it to a folder that becomes
// the root of the image.
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";

const root = process.argv[2];
const write = (path, text) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};

const { sharedObjects } = process.report.getReport();
const libraries = sharedObjects.filter((path) => path.startsWith("/"));
for (const path of libraries) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  copyFileSync(path, join(root, path));
}
mkdirSync(join(root, "usr/local/bin"), { recursive: true });
copyFileSync(process.execPath, join(root, "usr/local/bin/node"));
write("etc/passwd", "root:x:0:0:root:/:/none\nserver:x:65532:65532:server:/app:/none\n");
write("etc/group", "root:x:0:\nserver:x:65532:\n");
mkdirSync(join(root, "tmp"), { mode: 0o1777 });
