"""Wallets: ours opened by eth_account, and its opened by us."""

import json

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data

from parties import Cairn


@pytest.fixture
def cairn(program, tmp_path):
    return Cairn(program, tmp_path / "home")


def test_our_keystore_opens_in_eth_account(cairn):
    made = cairn.json("wallet", "new", "ada", "--light")
    exported = cairn.json("wallet", "export", "ada")["keystore"]
    key = Account.decrypt(exported, "secret")
    assert Account.from_key(key).address == made["address"]
    assert "0x" + key.hex().removeprefix("0x") == cairn.json("wallet", "export", "ada", "--private-key")["privateKey"]


@pytest.mark.parametrize("kdf", ["scrypt", "pbkdf2"])
def test_its_keystore_opens_here(cairn, tmp_path, kdf):
    account = Account.create()
    file = tmp_path / "theirs.json"
    file.write_text(json.dumps(account.encrypt("secret", kdf=kdf, iterations=4096 if kdf == "scrypt" else 1000)))
    assert cairn.json("wallet", "import", "bob", "--keystore", file)["address"] == account.address
    signed = cairn.json("wallet", "sign", "bob", "--message", "hello")["signature"]
    assert Account.recover_message(encode_defunct(text="hello"), signature=signed) == account.address


def test_mnemonics_are_derived_as_elsewhere(cairn, tmp_path):
    made = cairn.json("wallet", "new", "eve", "--mnemonic", "--light")
    Account.enable_unaudited_hdwallet_features()
    assert Account.from_mnemonic(made["mnemonic"]).address == made["address"]
    file = tmp_path / "words"
    file.write_text(made["mnemonic"])
    third = cairn.json("wallet", "import", "eve3", "--mnemonic-file", file, "--index", "3", "--light")
    assert third["address"] == Account.from_mnemonic(made["mnemonic"], account_path="m/44'/60'/0'/0/3").address


def test_typed_data_is_signed_as_elsewhere(cairn, tmp_path):
    message = {
        "types": {
            "EIP712Domain": [{"name": "name", "type": "string"}, {"name": "chainId", "type": "uint256"}],
            "Consent": [{"name": "holder", "type": "address"}, {"name": "jobs", "type": "uint256[]"}],
        },
        "primaryType": "Consent", "domain": {"name": "Cairn", "chainId": 31337},
        "message": {"holder": "0x" + "ab" * 20, "jobs": [1, 2, 3]},
    }
    file = tmp_path / "typed.json"
    file.write_text(json.dumps(message))
    made = cairn.json("wallet", "new", "ada", "--light")
    signed = cairn.json("wallet", "sign", "ada", "--typed-data", file)["signature"]
    assert Account.recover_message(encode_typed_data(full_message=message), signature=signed) == made["address"]


def test_bad_passwords_and_damaged_files_are_told_apart(cairn, tmp_path):
    cairn.run("wallet", "new", "ada", "--light")
    cairn.environment["CAIRN_PASSWORD"] = "wrong"
    _, err = cairn.run("wallet", "sign", "ada", "--message", "x", code=3)
    assert "wrong password" in err
    file = cairn.home / "wallets" / "ada.json"
    file.write_text(file.read_text()[:-30])
    _, err = cairn.run("wallet", "sign", "ada", "--message", "x", code=3)
    assert "the keystore is damaged" in err and "restore the file from a backup" in err
    assert "wrong password" not in err


def test_nothing_is_overwritten(cairn):
    first = cairn.json("wallet", "new", "ada", "--light")["address"]
    _, err = cairn.run("wallet", "new", "ada", "--light", code=3)
    assert "exists already" in err
    assert cairn.json("wallet", "list")["wallets"] == [{"name": "ada", "address": first}]
