import pytest
import torch
from safetensors.torch import load_file, save_file

from core.errors import StudioError
from core.networks.sizes import TINY
from core.networks.weights import IN_RUN, load_trunk, save_trunk


@pytest.fixture
def trunk():
    return load_trunk("random", "tiny", torch.Generator().manual_seed(3))


def rewrite(path, change, metadata=None):
    tensors = load_file(path)
    change(tensors)
    save_file(
        tensors, path, metadata or {"format": "associationnet-trunk", "version": "1", "network": "tiny"}
    )


def test_weights_come_back_bit_for_bit_from_a_file_and_from_a_run(tmp_path, trunk):
    save_trunk(trunk, tmp_path / IN_RUN, {"method": "association"})
    for init in (tmp_path, tmp_path / IN_RUN):
        again = load_trunk(str(init), None, torch.Generator())
        assert again.network is TINY
        for key, tensor in trunk.state_dict().items():
            assert torch.equal(tensor, again.state_dict()[key])
    assert not list(tmp_path.rglob("*.partial"))


def test_a_random_start_follows_its_generator():
    a, b, c = (load_trunk("random", "tiny", torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert torch.equal(a.fc7.weight, b.fc7.weight)
    assert not torch.equal(a.fc7.weight, c.fc7.weight)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda path: path.unlink(), "There are no weights"),
        (lambda path: path.write_bytes(path.read_bytes()[:1000]), "not a readable safetensors file"),
        (lambda path: path.write_bytes(b"\x80\x04K\x01."), "not a readable safetensors file"),
        (lambda path: rewrite(path, lambda t: None, {"format": "pt"}), "no trunk of this program"),
        (lambda path: rewrite(path, lambda t: t.pop("fc6.bias")), "fc6.bias is missing"),
        (lambda path: rewrite(path, lambda t: t.update(fc8=torch.zeros(2))), "fc8 is"),
        (
            lambda path: rewrite(path, lambda t: t.update({"conv1.weight": torch.zeros(2, 3, 7, 7)})),
            "conv1.weight is",
        ),
        (lambda path: rewrite(path, lambda t: t["fc7.bias"].fill_(float("nan"))), "not finite"),
    ],
)
def test_bad_files_give_one_sentence(tmp_path, trunk, spoil, sentence):
    path = tmp_path / "trunk.safetensors"
    save_trunk(trunk, path)
    spoil(path)
    with pytest.raises(StudioError, match=sentence) as caught:
        load_trunk(str(path), None, torch.Generator())
    assert "\n" not in str(caught.value)


def test_another_network_than_asked_for_is_refused(tmp_path, trunk):
    save_trunk(trunk, tmp_path / "trunk.safetensors")
    with pytest.raises(StudioError, match="holds a tiny network, not paper"):
        load_trunk(str(tmp_path / "trunk.safetensors"), "paper", torch.Generator())


def test_a_run_without_results_is_refused(tmp_path):
    with pytest.raises(StudioError, match="no pretrained trunk yet"):
        load_trunk(str(tmp_path), None, torch.Generator())
