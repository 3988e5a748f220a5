// A custom role from one of the files in infra/roles, the same by which the simulator authorizes.
targetScope = 'subscription'

@description('A role definition as Azure\'s command line reads it: Name, Description, Actions, NotActions, DataActions, NotDataActions.')
param definition object

@description('Role names are unique in a tenant, so each installation adds its own name.')
param environmentName string

resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, definition.Name, environmentName)
  properties: {
    roleName: '${definition.Name} (${environmentName})'
    description: definition.Description
    type: 'CustomRole'
    permissions: [
      {
        actions: definition.Actions
        notActions: definition.NotActions
        dataActions: definition.DataActions
        notDataActions: definition.NotDataActions
      }
    ]
    assignableScopes: [subscription().id]
  }
}

output id string = role.id
