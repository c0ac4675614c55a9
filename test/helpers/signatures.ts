import { MaxUint256, Signature, type AddressLike, type Signer, type TypedDataDomain, resolveAddress } from "ethers";
import { ethers } from "hardhat";
import type { MockERC20, StakeManager } from "../../typechain-types";
import type { ApprovalStruct, PermitSignatureStruct } from "../../typechain-types/contracts/core/StakeManager";

/** What the approver of a pool consents to. */
export interface Entry {
  operator: string;
  asset: string;
  receiver: string;
  payer: string;
  expiry: bigint;
}

/** What an owner signs to let another account act for it, or to end that. */
export interface Consent {
  owner: string;
  account: string;
  approved: boolean;
  nonce: bigint;
  expiry: bigint;
}

const ENTRY_APPROVAL = {
  EntryApproval: [
    { name: "operator", type: "address" },
    { name: "asset", type: "address" },
    { name: "receiver", type: "address" },
    { name: "payer", type: "address" },
    { name: "expiry", type: "uint48" },
  ],
};

const SET_APPROVAL = {
  SetApproval: [
    { name: "owner", type: "address" },
    { name: "account", type: "address" },
    { name: "approved", type: "bool" },
    { name: "nonce", type: "uint256" },
    { name: "expiry", type: "uint48" },
  ],
};

const PERMIT = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
};

/** Last second of uint48: an expiry that never comes. */
export const NEVER = 2n ** 48n - 1n;

/** For pools without an approver. */
export const NO_APPROVAL = { expiry: 0n, signature: "0x" } as const satisfies ApprovalStruct;

/** A permit that no token accepts. */
export const NO_PERMIT = {
  deadline: 0n,
  v: 0n,
  r: ethers.ZeroHash,
  s: ethers.ZeroHash,
} as const satisfies PermitSignatureStruct;

/** The EIP-712 domain of a StakeManager on the chain of the tests. */
export async function stakeDomain(stake: StakeManager): Promise<TypedDataDomain> {
  const { chainId } = await ethers.provider.getNetwork();
  return { name: "Bulkhead StakeManager", version: "1", chainId, verifyingContract: await stake.getAddress() };
}

/** Signs an entry as the approver of its pool; `domain` replaces parts of the right domain. */
export async function signEntry(
  stake: StakeManager,
  approver: Signer,
  entry: Entry,
  domain: TypedDataDomain = {},
): Promise<ApprovalStruct & { expiry: bigint; signature: string }> {
  const signature = await approver.signTypedData({ ...(await stakeDomain(stake)), ...domain }, ENTRY_APPROVAL, entry);
  return { expiry: entry.expiry, signature };
}

/** Signs that another account may, or may no longer, act for an owner; `domain` replaces parts of the right domain. */
export async function signConsent(
  stake: StakeManager,
  signer: Signer,
  consent: Consent,
  domain: TypedDataDomain = {},
): Promise<string> {
  return await signer.signTypedData({ ...(await stakeDomain(stake)), ...domain }, SET_APPROVAL, consent);
}

/** Signs an ERC-2612 permit with the owner's next nonce. */
export async function signPermit(
  token: Pick<MockERC20, "eip712Domain" | "nonces">,
  owner: Signer,
  spender: AddressLike,
  value: bigint,
  deadline: bigint = MaxUint256,
): Promise<PermitSignatureStruct & { deadline: bigint; v: number; r: string; s: string }> {
  const { name, version, chainId, verifyingContract } = await token.eip712Domain();
  const message = {
    owner: await owner.getAddress(),
    spender: await resolveAddress(spender),
    value,
    nonce: await token.nonces(owner),
    deadline,
  };
  const signature = await owner.signTypedData({ name, version, chainId, verifyingContract }, PERMIT, message);
  const { v, r, s } = Signature.from(signature);
  return { deadline, v, r, s };
}
