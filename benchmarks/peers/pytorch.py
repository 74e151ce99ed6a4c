"""Plain PyTorch, as tutorials write it: embeddings, biases, Adam, batches of 512; no DataLoader.

One thread: with batches this small a second one makes it slower.
"""

import numpy as np
import torch

PACKAGE = "torch"
torch.set_num_threads(1)


class Factors(torch.nn.Module):
    """r̂ = μ + b_u + b_i + p_u · q_i."""

    def __init__(self, n_users, n_items, k, mean):
        super().__init__()
        self.user, self.item = torch.nn.Embedding(n_users, k), torch.nn.Embedding(n_items, k)
        self.user_bias, self.item_bias = (torch.nn.Embedding(n, 1) for n in (n_users, n_items))
        self.mean = mean
        for table in (self.user, self.item):
            torch.nn.init.normal_(table.weight, std=0.1)
        for table in (self.user_bias, self.item_bias):
            torch.nn.init.zeros_(table.weight)

    def forward(self, users, items):
        """Predictions of one batch."""
        dots = (self.user(users) * self.item(items)).sum(1)
        return self.mean + self.user_bias(users)[:, 0] + self.item_bias(items)[:, 0] + dots


def prepare(train, pairs):
    tensors = [torch.from_numpy(x) for x in (train.users, train.items, train.values)]
    return tensors, train.n_users, train.n_items


def fit(data, k, n_epochs, lr, weight_decay, batch=512):
    (users, items, values), n_users, n_items = data
    torch.manual_seed(0)
    model = Factors(n_users, n_items, k, values.mean().item())
    adam = torch.optim.Adam(model.parameters(), lr=lr, weight_decay=weight_decay)
    for _ in range(n_epochs):
        for rows in torch.randperm(len(values)).split(batch):
            adam.zero_grad()
            error = model(users[rows], items[rows]) - values[rows]
            (error * error).mean().backward()
            adam.step()
    return model


def predict(model, pairs):
    with torch.no_grad():
        return np.asarray(model(torch.from_numpy(pairs.users), torch.from_numpy(pairs.items)))
