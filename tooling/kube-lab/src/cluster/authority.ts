import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execute } from "../execute.ts";

/** Who a certificate speaks for: Kubernetes takes the user from CN and the groups from O. */
export interface Identity {
  readonly user: string;
  readonly group?: string;
  /** IP addresses and DNS names of a server. */
  readonly hosts?: readonly string[];
}

/** The certificate authority of one cluster; its files are in one folder, readable by root only. */
export class Authority {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws LabError */
  static async create(folder: string): Promise<Authority> {
    mkdirSync(folder, { mode: 0o700 });
    const authority = new Authority(folder);
    await openssl(authority, "ca", { user: "kube-lab" }, [
      ...["-addext", "basicConstraints=critical,CA:TRUE"],
      ...["-addext", "keyUsage=critical,keyCertSign,cRLSign"],
    ]);
    return authority;
  }

  /** The one whose files are in this folder. */
  static open(folder: string): Authority {
    return new Authority(folder);
  }

  get certificate(): string {
    return this.certificateOf("ca");
  }

  certificateOf(name: string): string {
    return join(this.#folder, `${name}.pem`);
  }

  keyOf(name: string): string {
    return join(this.#folder, `${name}.key`);
  }

  /** Makes the files of {@link certificateOf} and {@link keyOf}. @throws LabError */
  async issue(name: string, identity: Identity): Promise<void> {
    const hosts = (identity.hosts ?? []).map((host) =>
      /^[\d.]+$/.test(host) ? `IP:${host}` : `DNS:${host}`,
    );
    await openssl(this, name, identity, [
      ...["-CA", this.certificate, "-CAkey", this.keyOf("ca")],
      ...["-addext", "basicConstraints=critical,CA:FALSE"],
      ...["-addext", "keyUsage=critical,digitalSignature"],
      ...["-addext", "extendedKeyUsage=clientAuth,serverAuth"],
      ...(hosts.length === 0 ? [] : ["-addext", `subjectAltName=${hosts.join(",")}`]),
    ]);
  }

  /** Makes a key for service-account tokens: NAME.key signs, NAME.pem checks. */
  createTokenKey(name: string): void {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const write = (file: string, pem: string | Buffer): void =>
      writeFileSync(file, pem, { mode: 0o600 });
    write(this.keyOf(name), privateKey.export({ type: "pkcs8", format: "pem" }));
    write(this.certificateOf(name), publicKey.export({ type: "spki", format: "pem" }));
  }
}

async function openssl(
  authority: Authority,
  name: string,
  { user, group }: Identity,
  args: readonly string[],
): Promise<void> {
  const subject = `${group === undefined ? "" : `/O=${group}`}/CN=${user}`;
  await execute("openssl", [
    ...["req", "-x509", "-config", "/dev/null", "-subj", subject, "-days", "30", "-nodes"],
    ...["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    ...["-keyout", authority.keyOf(name), "-out", authority.certificateOf(name)],
    ...args,
  ]);
}
