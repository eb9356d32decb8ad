"""Tensors of a network on disk: safetensors with a few words about what they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from core.atomic_file import writing_atomically
from core.errors import StudioError
from core.networks.sizes import NETWORKS
from core.tensor_head import read_tensor_head


@dataclass(frozen=True)
class TensorFile:
    """One kind of file.

    Attributes:
        format, version: what its header says it is.
        what: a noun for messages.
        remedy: what to do about a file of another kind, for messages.
    """

    format: str
    version: str
    what: str
    remedy: str

    def write(
        self, path: Path, network: str, tensors: Mapping[str, Tensor], words: Mapping[str, str]
    ) -> None:
        """Write tensors; the file is the old one or the new one, never a part.

        Args:
            network: a key of `NETWORKS`.
            words: what else the header is to hold.

        Raises:
            StudioError: the file cannot be written.
        """
        header = {**words, "format": self.format, "version": self.version, "network": network}
        arrays = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with writing_atomically(path) as partial:
                save_file(arrays, partial, header)
        except (OSError, SafetensorError) as error:
            raise StudioError(
                f"Cannot write the {self.what} {path} ({error}); free some space or choose another folder."
            ) from error

    def wrote(self, path: Path) -> bool:
        """Whether a file is of this kind; False for what is no safetensors file."""
        try:
            return read_tensor_head(path).words.get("format") == self.format
        except StudioError:
            return False

    def header(self, path: Path) -> dict[str, str]:
        """The header alone, whose `network` is a key of `NETWORKS`.

        Raises:
            StudioError: the file is damaged, or of another kind or version.
        """
        header = dict(read_tensor_head(path).words)
        if header.get("format") != self.format:
            raise StudioError(f"{path} holds no {self.what} of this program; {self.remedy}.")
        if header.get("version") != self.version or header.get("network") not in NETWORKS:
            raise StudioError(
                f"{path} was written by another version of this program; update it, or {self.remedy}."
            )
        return header

    def read(self, path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
        """The header, whose `network` is a key of `NETWORKS`, and the tensors, all finite.

        Raises:
            StudioError: the file is damaged, of another kind or version, or holds what is not finite.
        """
        header = self.header(path)
        try:
            tensors = load_file(path)
        except (SafetensorError, OSError) as error:
            raise StudioError(
                f"{path} is not a readable safetensors file or is damaged ({error}); choose another one."
            ) from error
        for name, tensor in tensors.items():
            if not torch.isfinite(tensor).all():
                raise StudioError(
                    f"{path} holds numbers in {name} that are not finite; choose other weights."
                )
        return header, tensors

    def load_into(self, net: nn.Module, tensors: Mapping[str, Tensor], path: Path, network: str) -> None:
        """Give a net the tensors of a file, which must be all of its own.

        Raises:
            StudioError: tensors are missing, unknown or of another shape; names the first.
        """
        expected = {name: tuple(tensor.shape) for name, tensor in net.state_dict().items()}
        found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
        for name in sorted(expected.keys() | found.keys()):
            if expected.get(name) != found.get(name):
                raise StudioError(
                    f"{path} does not fit the {network} network: {name} is {found.get(name, 'missing')}, "
                    f"expected {expected.get(name, 'none')}; {self.remedy}."
                )
        net.load_state_dict(tensors)
